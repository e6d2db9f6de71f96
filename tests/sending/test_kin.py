"""All that bears a run's names: found, tidied and deleted, and nothing of another run's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from account_cases import BUCKET, Account, plan_of
from botocore.exceptions import ClientError
from fault_proxy import DENIED, FaultProxy
from service_cases import ROLE

from pipeline.errors import StepError
from pipeline.plan.deletions import JOBS, deletion_of
from pipeline.plan.names import resource_name
from pipeline.sending.clients import make_clients
from pipeline.sending.kin import beginning_of, clear_run, tidy_run
from pipeline.sending.named import named

SLEEP = "import time; time.sleep(600)"


def serving(endpoint: str, config: str) -> tuple[str, dict[str, Any]]:
    """The request of a plan that makes an endpoint."""
    return "CreateEndpoint", {"EndpointName": endpoint, "EndpointConfigName": config}


def models(account: Account, beginning: str) -> list[str]:
    return sorted(named(account.clients, "Model", beginning))


def test_names_are_found_by_their_beginning_whatever_the_page(account: Account) -> None:
    wanted = [f"many-k1-{number:03}" for number in range(120)]
    for name in (*wanted, "other-many-k1-model", "many-k2-model"):
        account.model(name)
    assert models(account, "many-k1-") == wanted
    assert models(account, "many-k2") == ["many-k2-model"]
    assert models(account, "nobody") == []


@pytest.mark.parametrize(
    ("kind", "operation", "stop"),
    [
        ("TransformJob", "StopTransformJob", "StopTransformJob"),
        ("TrainingJob", "DeleteTrainingJob", "StopTrainingJob"),
        ("Model", "DeleteModel", None),
        ("EndpointConfig", "DeleteEndpointConfig", None),
        ("Endpoint", "DeleteEndpoint", None),
    ],
)
def test_each_kind_goes_in_its_own_way(kind: str, operation: str, stop: str | None) -> None:
    deletion = deletion_of(kind, "name")
    assert (deletion.operation, deletion.request) == (operation, {f"{kind}Name": "name"})
    assert (deletion.wait.stop if deletion.wait else None) == stop
    assert (deletion.wait is not None) == (kind in (*JOBS, "Endpoint"))
    assert deletion.until_gone == (kind == "Endpoint")


def test_tidying_stops_what_runs_and_keeps_what_has_ended(account: Account) -> None:
    account.processing("tidy-k1-etl", SLEEP)
    account.processing("tidy-k1-early")
    account.processing("tidy-k2-etl", SLEEP)
    account.ended("ProcessingJob", "tidy-k1-early")
    said: list[str] = []
    tidy_run(plan_of("tidy", "k1"), account.clients, said.append)
    assert said == ["StopProcessingJob: tidy-k1-etl"]
    assert account.ended("ProcessingJob", "tidy-k1-etl")["ProcessingJobStatus"] == "Stopped"
    assert account.ended("ProcessingJob", "tidy-k1-early")["ProcessingJobStatus"] == "Completed"
    other = account.sagemaker.describe_processing_job(ProcessingJobName="tidy-k2-etl")
    assert other["ProcessingJobStatus"] == "InProgress"
    tidy_run(plan_of("tidy", "k2"), account.clients, said.append)
    assert account.ended("ProcessingJob", "tidy-k2-etl")["ProcessingJobStatus"] == "Stopped"


def test_tidying_deletes_models_and_configurations_that_are_superseded(account: Account) -> None:
    for name in ("old", "current", "served"):
        account.model(f"super-k1-{name}-model")
        account.config(f"super-k1-{name}-config", f"super-k1-{name}-model")
    account.endpoint("super-serving", "super-k1-served-config")
    plan = plan_of("super", "k1", serving("super-serving", "super-k1-config"))
    said: list[str] = []
    tidy_run(plan, account.clients, said.append, ["super-k1-current-model", "super-k1-current-config"])
    assert said == ["DeleteEndpointConfig: super-k1-old-config", "DeleteModel: super-k1-old-model"]
    assert models(account, "super-") == ["super-k1-current-model", "super-k1-served-model"]
    assert list(named(account.clients, "EndpointConfig", "super-"))
    # What an endpoint serves goes on even where somebody has deleted its configuration.
    account.sagemaker.delete_endpoint_config(EndpointConfigName="super-k1-served-config")
    tidy_run(plan, account.clients, said.append, ["super-k1-current-model", "super-k1-current-config"])
    assert said[2:] == ["DeleteModel: super-k1-served-model"]
    described = account.sagemaker.describe_endpoint(EndpointName="super-serving")
    assert described["EndpointStatus"] == "InService"
    clear_run(plan, account.clients, said.append)
    assert "DeleteEndpoint: super-serving" in said


def test_without_its_endpoint_a_run_is_tidied_all_the_same(account: Account) -> None:
    account.model("early-k1-model")
    plan = plan_of("early", "k1", serving("early-k1-endpoint", "early-k1-config"))
    said: list[str] = []
    tidy_run(plan, account.clients, said.append, ["early-k1-model"])
    assert said == []
    assert models(account, "early-") == ["early-k1-model"]


def test_names_that_are_spelled_otherwise_are_found_too(account: Account) -> None:
    name = resource_name("odd_name", "k1", "00-00-first")
    plan = plan_of("odd_name", "k1", ("CreateProcessingJob", {"ProcessingJobName": name}))
    assert not name.startswith(beginning_of(plan))
    account.processing(name, SLEEP)
    said: list[str] = []
    tidy_run(plan, account.clients, said.append)
    assert said == [f"StopProcessingJob: {name}"]
    account.ended("ProcessingJob", name)
    clear_run(plan, account.clients, said.append)
    assert list(named(account.clients, "ProcessingJob", name)) == []


def test_cleared_a_run_leaves_nothing_and_others_everything(account: Account) -> None:
    glue = account.clients.of("glue")
    for key in ("k1", "k2"):
        account.model(f"clear-{key}-model")
        account.config(f"clear-{key}-config", f"clear-{key}-model")
        account.training(f"clear-{key}-train")
        account.training(f"tune-{key}-001-abc")
        account.processing(f"clear-{key}-etl", SLEEP)
        account.put(f"clear/{key}/etl/part-0", f"clear/{key}/code/x.py")
        glue.create_job(
            Name=f"clear-{key}-glue", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": f"s3://{BUCKET}/x.py"}
        )
    account.transform("clear-k1-batch", "clear-k1-model")
    account.endpoint("clear-serving", "clear-k2-config")
    requests = [
        ("CreateJob", {"Name": "clear-k1-glue"}),
        ("CreateHyperParameterTuningJob", {"HyperParameterTuningJobName": "tune-k1"}),
        serving("clear-serving", "clear-k1-config"),
    ]
    plan = plan_of("clear", "k1", *requests)
    said: list[str] = []
    clear_run(plan, account.clients, said.append)
    assert {line.partition(":")[0] for line in said} >= {
        "DeleteEndpointConfig",
        "DeleteModel",
        "DeleteTrainingJob",
        "DeleteProcessingJob",
        "DeleteJob",
    }
    for kind in ("ProcessingJob", "TrainingJob", "Model", "EndpointConfig"):
        assert list(named(account.clients, kind, "clear-k1")) == []
        assert list(named(account.clients, kind, "clear-k2"))
    assert list(named(account.clients, "TrainingJob", "tune-k")) == ["tune-k2-001-abc"]
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_job(JobName="clear-k1-glue")
    # AWS keeps a transform job; it only does not run any more.
    assert account.ended("TransformJob", "clear-k1-batch")
    assert account.keys("clear/") == ["clear/k2/code/x.py", "clear/k2/etl/part-0"]
    # The endpoint serves another run's model.
    assert account.sagemaker.describe_endpoint(EndpointName="clear-serving")["EndpointStatus"] == "InService"
    said.clear()
    clear_run(plan, account.clients, said.append)
    assert said == [f"0 objects below {plan.root}"]
    second = plan_of(
        "clear", "k2", ("CreateJob", {"Name": "clear-k2-glue"}), serving("clear-serving", "clear-k2-config")
    )
    clear_run(second, account.clients, said.append)
    assert said[1] == "DeleteEndpoint: clear-serving"
    with pytest.raises(ClientError, match="Could not find"):
        account.sagemaker.describe_endpoint(EndpointName="clear-serving")
    account.sagemaker.delete_training_job(TrainingJobName="tune-k2-001-abc")


@pytest.mark.parametrize("work", [tidy_run, clear_run])
def test_what_is_refused_is_the_clean_up_s_failure(account: Account, work: Callable[..., None]) -> None:
    account.model("refused-k1-model")
    with FaultProxy(account.url, first={"DeleteModel": DENIED}).serving() as proxy:
        clients = make_clients("us-east-1", endpoint=proxy.url)
        with pytest.raises(StepError, match="step clean-up: DeleteModel: AccessDenied"):
            work(plan_of("refused", "k1"), clients, print)
    account.sagemaker.delete_model(ModelName="refused-k1-model")
