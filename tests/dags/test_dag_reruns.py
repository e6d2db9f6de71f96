"""One run of the abalone example: what it leaves, and that each of its tasks may fail and be run again."""

from __future__ import annotations

import pytest
from dag_cases import ASKED, BUCKET, ROWS, Airflow, Ran, write_rows
from fault_proxy import DENIED, FaultProxy

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.filterwarnings("ignore")]

# Task: the request that is refused to it, if it sends any.
REFUSED = {
    "plan": None,
    "upload": "PUT s3",
    "training": "CreateTrainingJob",
    "package": "HEAD s3",
    "model": "CreateModel",
    "evaluate": "PUT s3",
    "gate": None,
    "deploy": None,
    "endpoint_config": "CreateEndpointConfig",
    "endpoint": "CreateEndpoint",
    "transform": "CreateTransformJob",
    "clean_up": "ListModels",
}
TASKS = {*REFUSED, "processing"}


@pytest.fixture(scope="module")
def ran(airflow: Airflow, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return airflow.shipped("abalone", input=str(write_rows(tmp_path_factory.mktemp("rows") / "rows.csv")))


@pytest.fixture(scope="module")
def requests(airflow: Airflow, ran: Ran) -> list[str]:
    """Rows of the test split as the endpoint takes them."""
    key = next(key for key in _keys(airflow, ran) if "/etl/requests/part-" in key)
    return airflow.read(key).decode().splitlines()


@pytest.mark.any_airflow
def test_all_tasks_succeed_under_names_of_their_own(airflow: Airflow, ran: Ran) -> None:
    assert ran.state == "success"
    assert ran.in_state("success") == TASKS
    names = airflow.names(ran)
    assert names["ProcessingJob"] == [f"{ran.beginning}-etl"]
    assert names["TrainingJob"] == [f"{ran.beginning}-train"]
    assert names["TransformJob"] == [f"{ran.beginning}-batch"]
    assert [len(names[kind]) for kind in ("Model", "EndpointConfig")] == [1, 1]


@pytest.mark.any_airflow
def test_endpoint_and_transform_job_predict_the_same(airflow: Airflow, ran: Ran, requests: list[str]) -> None:
    assert ROWS / 20 < len(requests) < ROWS / 5
    (predictions,) = (key for key in _keys(airflow, ran) if "/predictions/" in key)
    answers = airflow.answers(f"{ran.beginning}-endpoint", requests[:ASKED])
    assert answers == airflow.read(predictions).decode().splitlines()[:ASKED]
    assert len(set(answers)) > ASKED / 3


@pytest.mark.any_airflow
def test_the_model_is_measured_on_the_test_rows(airflow: Airflow, ran: Ran, requests: list[str]) -> None:
    found = airflow.evaluation(ran)
    assert found["rows"] == len(requests)
    assert found["serving"] is None
    assert found["gate"] == {"passed": True, "reasons": []}
    assert 0 < found["metrics"]["rmse"] < found["metrics"]["baseline"]["rmse"]


@pytest.mark.parametrize("task", REFUSED)
def test_a_task_that_failed_is_run_again_and_nothing_else_changes(
    airflow: Airflow, ran: Ran, requests: list[str], monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    before, answers = _state(airflow, ran, requests)
    refused = REFUSED[task]
    if refused is not None:
        with FaultProxy(airflow.service.url, first={refused: DENIED}).serving() as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
            failed = airflow.rerun(ran, task)
            assert proxy.met[refused, DENIED] == 1
        monkeypatch.setenv("AWS_ENDPOINT_URL", airflow.service.url)
        assert failed.in_state("failed") == set(failed.failures) == {task}
        assert failed.in_state("success") == TASKS - {task}
    again = airflow.rerun(ran, task)
    assert again.in_state("success") == TASKS
    after, answered = _state(airflow, ran, requests)
    if task == "transform":
        # AWS keeps a transform job, and its name: the next one has the time behind it.
        assert set(before.pop("TransformJob")) < set(after.pop("TransformJob"))
    assert (after, answered) == (before, answers)


def test_all_from_the_first_job_on_again_leave_one_model(
    airflow: Airflow, ran: Ran, requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, answers = _state(airflow, ran, requests)
    with FaultProxy(airflow.service.url, first={"CreateProcessingJob": DENIED}).serving() as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        failed = airflow.rerun(ran, "processing", downstream=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", airflow.service.url)
    assert failed.state == "failed"
    assert failed.in_state("success") == {"plan", "upload", "clean_up"}
    # What serves stays as it is.
    assert airflow.answers(f"{ran.beginning}-endpoint", requests[:ASKED]) == answers
    again = airflow.rerun(ran, "processing", downstream=True)
    assert (again.state, again.in_state("success")) == ("success", TASKS)
    after, answered = _state(airflow, ran, requests)
    assert answered == answers
    assert after["ProcessingJob"] == before["ProcessingJob"]
    assert after["TrainingJob"] == before["TrainingJob"]
    # Spark has given its stages other names: it is another model, and the one before is gone.
    (model,), (config,) = after["Model"], after["EndpointConfig"]
    endpoint = airflow.sagemaker.describe_endpoint(EndpointName=f"{ran.beginning}-endpoint")
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", config)
    described = airflow.sagemaker.describe_endpoint_config(EndpointConfigName=config)
    assert described["ProductionVariants"][0]["ModelName"] == model


def _keys(airflow: Airflow, ran: Ran) -> list[str]:
    pages = airflow.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=ran.root)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def _state(airflow: Airflow, ran: Ran, requests: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """What there is of a run, and what its endpoint answers."""
    state = airflow.names(ran) | {"objects": airflow.objects(ran)}
    return state, airflow.answers(f"{ran.beginning}-endpoint", requests[:ASKED])
