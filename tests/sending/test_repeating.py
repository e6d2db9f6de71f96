"""Way made for a request that is sent once more: its own earlier try goes, with its files, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from account_cases import BUCKET, Account
from fault_proxy import DENIED, FaultProxy

from pipeline.errors import StepError
from pipeline.sending.clients import make_clients
from pipeline.sending.named import named
from pipeline.sending.repeating import make_way

SLEEP = "import time; time.sleep(600)"


def way(account: Account, kind: str, request: dict[str, Any], root: str) -> list[str]:
    said: list[str] = []
    make_way(account.clients, kind, request, f"s3://{BUCKET}/{root}", said.append)
    return said


def test_a_job_that_runs_is_deleted_with_its_files_and_its_name_is_free(account: Account) -> None:
    request = account.processing("way-etl", SLEEP, output=f"s3://{BUCKET}/way/etl")
    account.put("way/etl/part-0", "way/etl/deep/part-1", "way/etl-other", "way/input/rows.csv")
    assert way(account, "ProcessingJob", request, "way") == [
        "ProcessingJob way-etl of an earlier try is deleted",
        f"2 objects below s3://{BUCKET}/way/etl of an earlier try are deleted",
    ]
    assert account.keys("way/") == ["way/etl-other", "way/input/rows.csv"]
    assert way(account, "ProcessingJob", request, "way") == []
    account.processing("way-etl")
    assert account.ended("ProcessingJob", "way-etl")["ProcessingJobStatus"] == "Completed"


def test_files_outside_of_the_run_stay(account: Account) -> None:
    request = account.processing("outside-etl", output=f"s3://{BUCKET}/outside-others/etl")
    account.put("outside-others/etl/part-0")
    said = way(account, "ProcessingJob", request, "outside")
    assert said == ["ProcessingJob outside-etl of an earlier try is deleted"]
    assert account.keys("outside-others/") == ["outside-others/etl/part-0"]


def test_a_training_job_goes_with_its_output_and_checkpoints(account: Account) -> None:
    request = account.training("trained-train", output=f"s3://{BUCKET}/trained/training")
    request["CheckpointConfig"] = {"S3Uri": f"s3://{BUCKET}/trained/checkpoints"}
    account.put("trained/training/trained-train/output/model.tar.gz", "trained/checkpoints/1", "trained/training/other")
    said = way(account, "TrainingJob", request, "trained")
    assert said[0] == "TrainingJob trained-train of an earlier try is deleted"
    assert len(said) == 3
    assert account.keys("trained/") == ["trained/training/other"]


def test_a_tuning_job_goes_with_its_training_jobs_and_all_they_left(account: Account) -> None:
    request = account.tuning("tuned-tune", f"s3://{BUCKET}/tuned/training")
    account.ended("HyperParameterTuningJob", "tuned-tune")
    (job,) = named(account.clients, "TrainingJob", "tuned-tune")
    account.put(f"tuned/training/{job}/output/model.tar.gz", "tuned/training/other/output/model.tar.gz")
    said = way(account, "HyperParameterTuningJob", request, "tuned")
    assert said == [
        "HyperParameterTuningJob tuned-tune of an earlier try is deleted",
        f"TrainingJob {job} of an earlier try is deleted",
        f"1 objects below s3://{BUCKET}/tuned/training/{job} of an earlier try are deleted",
    ]
    assert list(named(account.clients, "TrainingJob", "tuned-tune")) == []
    assert account.keys("tuned/") == ["tuned/training/other/output/model.tar.gz"]


def test_a_transform_job_is_stopped_and_stays(account: Account) -> None:
    account.model("stays-model")
    request = account.transform("stays-batch", "stays-model")
    request["TransformOutput"]["S3OutputPath"] = f"s3://{BUCKET}/stays/predictions"
    account.put("stays/predictions/part-0.out")
    said = way(account, "TransformJob", request, "stays")
    stopped = account.ended("TransformJob", "stays-batch")["TransformJobStatus"] == "Stopped"
    assert said == [
        *["TransformJob stays-batch of an earlier try is stopped"] * stopped,
        f"1 objects below s3://{BUCKET}/stays/predictions of an earlier try are deleted",
    ]
    assert list(named(account.clients, "TransformJob", "stays-")) == ["stays-batch"]


def test_who_may_not_delete_a_job_leaves_it_and_goes_on(account: Account) -> None:
    request = account.processing("denied-etl", output=f"s3://{BUCKET}/denied/etl")
    account.ended("ProcessingJob", "denied-etl")
    account.put("denied/etl/part-0")
    said: list[str] = []
    with FaultProxy(account.url, first={"DeleteProcessingJob": DENIED}).serving() as proxy:
        clients = make_clients("us-east-1", endpoint=proxy.url)
        make_way(clients, "ProcessingJob", request, f"s3://{BUCKET}/denied", said.append)
    assert said[0].startswith("ProcessingJob denied-etl of an earlier try stays: ")
    assert "AccessDenied" in said[0]
    assert account.keys("denied/") == []
    assert list(named(account.clients, "ProcessingJob", "denied-")) == ["denied-etl"]


def test_who_may_not_look_is_told_so(account: Account) -> None:
    with FaultProxy(account.url, first={"ListProcessingJobs": DENIED}).serving() as proxy:
        clients = make_clients("us-east-1", endpoint=proxy.url)
        with pytest.raises(StepError, match="step blind-etl: ListProcessingJobs: AccessDenied"):
            make_way(clients, "ProcessingJob", {"ProcessingJobName": "blind-etl"}, "s3://x/y", print)


def test_a_model_and_a_configuration_of_the_very_name_are_deleted(account: Account) -> None:
    model = account.model("same-model")
    config = account.config("same-config", "same-model")
    account.model("same-model-2")
    assert way(account, "Model", model, "same") == ["Model same-model of an earlier try is deleted"]
    assert way(account, "EndpointConfig", config, "same") == ["EndpointConfig same-config of an earlier try is deleted"]
    assert (way(account, "Model", model, "same"), way(account, "EndpointConfig", config, "same")) == ([], [])
    assert list(named(account.clients, "Model", "same-model")) == ["same-model-2"]


def test_an_endpoint_that_serves_stays_and_one_that_never_did_goes(account: Account) -> None:
    account.model("end-model")
    account.model("end-broken", "broken.tar.gz")
    account.config("end-config", "end-model")
    account.config("end-broken-config", "end-broken")
    assert way(account, "Endpoint", {"EndpointName": "end-none"}, "end") == []
    # Its creation is waited for.
    account.sagemaker.create_endpoint(EndpointName="end-good", EndpointConfigName="end-config")
    assert way(account, "Endpoint", {"EndpointName": "end-good"}, "end") == []
    assert account.sagemaker.describe_endpoint(EndpointName="end-good")["EndpointStatus"] == "InService"
    account.sagemaker.create_endpoint(EndpointName="end-bad", EndpointConfigName="end-broken-config")
    said = way(account, "Endpoint", {"EndpointName": "end-bad"}, "end")
    assert said == ["Endpoint end-bad, which never came into service, is deleted"]
    assert [found["EndpointName"] for found in account.sagemaker.list_endpoints(NameContains="end-")["Endpoints"]] == [
        "end-good"
    ]
