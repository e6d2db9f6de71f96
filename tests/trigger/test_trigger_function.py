"""EventBridge's events through the function to a real Airflow, until the DAG run has ended."""

from __future__ import annotations

import ast
import json
import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from airflow_server import DAG_ID, SECONDS, AirflowServer
from faulty_server import Answers, faulty_server, managed_airflow
from sent_cases import abalone_rows
from service_cases import ROLE, Service
from tests_paths import ROOT

from pipeline.trigger import trigger

SECRET = "airflow/trigger"  # noqa: S105 - a name
ASSET = "s3://data/daily"
MAIN_PYTHON = ROOT / ".venv" / "bin" / "python"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, store: Service) -> Iterator[AirflowServer]:
    """Airflow with the abalone example, and with it once more, run on the word of an asset, without rows."""
    folder = tmp_path_factory.mktemp("airflow")
    example = ROOT / "examples" / "abalone"
    document = yaml.safe_load((example / "pipeline.yml").read_text(encoding="utf-8"))
    document["data"] = {"schema": str(ROOT / "schemas" / "abalone.json"), "split": document["data"]["split"]}
    document |= {"airflow": {"poll_seconds": 1, "retries": 0}, "sagemaker": {"transform": None}}
    (folder / "pipelines").mkdir()
    shutil.copy(example / "features.py", folder / "pipelines")
    (folder / "pipelines" / "abalone.yml").write_text(yaml.safe_dump(document))
    document |= {"name": "on-data", "airflow": {"retries": 0, "schedule": {"assets": [ASSET]}}}
    (folder / "pipelines" / "on-data.yml").write_text(yaml.safe_dump(document))
    for bucket in ("data", "runs"):
        store.client("s3").create_bucket(Bucket=bucket)
    environment = {
        "AWS_ENDPOINT_URL": store.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "SAGEMAKER_ROLE": ROLE,
        "SAGEMAKER_BUCKET": "runs",
    }
    with AirflowServer(folder, folder / "pipelines", environment) as running:
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The local service: the function's Secrets Manager, and SageMaker for the pipelines."""
    if not MAIN_PYTHON.exists():
        pytest.skip(f"the local service runs in {MAIN_PYTHON.parents[1]}: make setup")
    service = Service(tmp_path_factory.mktemp("service") / "data", python=str(MAIN_PYTHON))
    yield service
    assert service.stop() == 0, service.log.read_text()


@pytest.fixture
def function(store: Service, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The function's environment, with a login that nothing has looked at."""
    for name, value in {
        "AWS_ENDPOINT_URL": store.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "NO_PROXY": "127.0.0.1",
        "DAG_ID": DAG_ID,
        "SECRET_ARN": SECRET,
        "AIRFLOW_URL": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MWAA_ENVIRONMENT", raising=False)
    monkeypatch.setattr(trigger, "_PAUSE", 0.05)
    keep({"username": "trigger", "password": "a password that nobody may read"})
    return monkeypatch


def keep(secret: Any) -> None:
    text = secret if isinstance(secret, str) else json.dumps(secret)
    client = boto3.client("secretsmanager")
    try:
        client.create_secret(Name=SECRET, SecretString=text)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=SECRET, SecretString=text)


def created(key: str = "incoming/rows 1+2.csv", **changes: Any) -> dict[str, Any]:
    """An event as S3 sends it through EventBridge: keys as they are, not encoded."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2026-11-21T20:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::data"],
        "detail": {
            "version": "0",
            "bucket": {"name": "data"},
            "object": {"key": key, "size": 10, "etag": "e", "sequencer": "s"},
            "reason": "PutObject",
        },
        **changes,
    }


class Remaining:
    """Lambda's context, with so many seconds left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1e3)


def test_a_new_object_ends_in_a_finished_run_and_twice_in_one(
    airflow: AirflowServer, function: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    function.setenv("AIRFLOW_URL", f"{airflow.url}/")
    keep({"username": airflow.username, "password": airflow.password})
    event = created()
    first = trigger.handler(event, Remaining(60))
    run_id = f"s3-{event['id']}"
    assert first == {
        "dag_id": DAG_ID,
        "dag_run_id": run_id,
        "input": "s3://data/incoming/rows 1+2.csv",
        "started": True,
    }
    assert airflow.ended(run_id)["state"] == "success"
    assert json.loads((airflow.output / run_id).read_text()) == {"input": "s3://data/incoming/rows 1+2.csv"}
    again = trigger.handler(event, Remaining(60))
    assert (again["started"], again["dag_run_id"]) == (False, run_id)
    # Another object of the same second is another run.
    second = trigger.handler(created("incoming/other.csv"), Remaining(60))
    assert airflow.ended(second["dag_run_id"])["state"] == "success"
    runs = airflow.get(f"/dags/{DAG_ID}/dagRuns")["dag_runs"]
    assert len([run for run in runs if run["dag_run_id"] == run_id]) == 1
    assert airflow.password not in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.spark
def test_a_new_object_ends_in_an_endpoint_that_learned_from_it_alone(
    airflow: AirflowServer, store: Service, function: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    airflow.until_known("abalone")
    s3, key = store.client("s3"), "incoming/rows 1+2.csv"
    s3.upload_file(str(abalone_rows(tmp_path / "rows.csv", 400)), "data", key)
    # A run that read this one too would fail.
    s3.put_object(Bucket="data", Key=f"{key}.bak", Body=b"no,rows\n")
    function.setenv("AIRFLOW_URL", airflow.url)
    function.setenv("DAG_ID", "abalone")
    keep({"username": airflow.username, "password": airflow.password})
    started = trigger.handler(created(key), Remaining(60))
    assert (started["started"], started["input"]) == (True, f"s3://data/{key}")
    run = airflow.ended(started["dag_run_id"], "abalone")
    tasks = airflow.get(f"/dags/abalone/dagRuns/{started['dag_run_id']}/taskInstances")["task_instances"]
    assert run["state"] == "success", {task["task_id"]: task["state"] for task in tasks}
    assert {task["state"] for task in tasks} == {"success"}
    (endpoint,) = store.client("sagemaker").list_endpoints()["Endpoints"]
    assert endpoint["EndpointStatus"] == "InService"
    row = b"M,0.455,0.365,0.095,0.514,0.2245,0.101,0.15"
    reply = store.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint["EndpointName"], ContentType="text/csv", Body=row
    )
    assert 1 < float(reply["Body"].read()) < 30


def test_an_asset_s_event_starts_a_run(airflow: AirflowServer) -> None:
    airflow.until_known("on-data")
    (asset,) = airflow.get(f"/assets?uri_pattern={ASSET}")["assets"]
    airflow.post("/assets/events", {"asset_id": asset["id"]})
    deadline = time.monotonic() + SECONDS
    while not (runs := airflow.get("/dags/on-data/dagRuns")["dag_runs"]):
        assert time.monotonic() < deadline
        time.sleep(1)
    (run,) = runs
    assert run["run_type"] == "asset_triggered"
    # The file names no rows, which the run itself finds out.
    assert airflow.ended(run["dag_run_id"], "on-data")["state"] == "failed"


def test_a_schedule_starts_a_run_without_input(airflow: AirflowServer, function: pytest.MonkeyPatch) -> None:
    function.setenv("AIRFLOW_URL", airflow.url)
    keep({"username": airflow.username, "password": airflow.password})
    event = created(source="aws.events", detail={}, **{"detail-type": "Scheduled Event"})
    reply = trigger.handler(event, None)
    assert reply == {"dag_id": DAG_ID, "dag_run_id": f"schedule-{event['id']}", "started": True}
    assert airflow.ended(reply["dag_run_id"])["state"] == "success"
    assert (airflow.output / reply["dag_run_id"]).read_text() == "{}"


def test_a_server_that_fails_for_a_while_is_asked_again(
    airflow: AirflowServer, function: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep({"username": airflow.username, "password": airflow.password})
    answers = Answers(airflow.url, [503, 502])
    with faulty_server(answers) as url:
        function.setenv("AIRFLOW_URL", url)
        assert trigger.handler(created(), Remaining(60))["started"]
        answers.statuses = [500] * 9
        with pytest.raises(trigger.TriggerError, match=r"asked 4 times: status 500"):
            trigger.handler(created(), Remaining(60))
        answers.statuses = [500] * 9
        with pytest.raises(trigger.TriggerError, match=r"asked 1 times"):
            trigger.handler(created(), Remaining(5))
    assert [path for path, _ in answers.seen][:4] == ["/auth/token"] * 3 + [f"/api/v2/dags/{DAG_ID}/dagRuns"]
    assert '"retry": 1' in capsys.readouterr().out


def test_what_airflow_refuses_is_told_without_a_secret(
    airflow: AirflowServer, function: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    function.setenv("AIRFLOW_URL", airflow.url)
    with pytest.raises(trigger.TriggerError, match="gives the user of SECRET_ARN no token: status 401") as caught:
        trigger.handler(created(), None)
    keep({"username": airflow.username, "password": airflow.password})
    function.setenv("DAG_ID", "unknown")
    with pytest.raises(trigger.TriggerError, match=r"no run of unknown: status 404, .*not found"):
        trigger.handler(created(), None)
    said = capsys.readouterr().out + str(caught.value)
    assert "nobody may read" not in said
    assert airflow.password not in said


@pytest.mark.parametrize("version", [3, 2])
def test_managed_airflow_is_asked_by_its_own_api(
    airflow: AirflowServer, function: pytest.MonkeyPatch, version: int
) -> None:
    event = created()
    with managed_airflow(airflow, version=version) as (url, passed):
        function.setenv("AWS_ENDPOINT_URL_MWAA", url)
        function.setenv("MWAA_ENVIRONMENT", "managed")
        function.delenv("SECRET_ARN")
        assert trigger.handler(event, Remaining(60))["started"]
        assert not trigger.handler(event, Remaining(60))["started"]
        function.setenv("DAG_ID", "unknown")
        with pytest.raises(trigger.TriggerError, match="status 404"):
            trigger.handler(created(), Remaining(60))
        function.setenv("MWAA_ENVIRONMENT", "another")
        with pytest.raises(trigger.TriggerError, match="ResourceNotFoundException"):
            trigger.handler(created(), Remaining(60))
    assert passed[0]["Path"] == f"/dags/{DAG_ID}/dagRuns"
    assert passed[0]["Body"]["conf"] == {"input": "s3://data/incoming/rows 1+2.csv"}
    assert airflow.ended(f"s3-{event['id']}")["state"] == "success"


def test_a_redirect_is_not_followed_with_the_password(function: pytest.MonkeyPatch) -> None:
    elsewhere = Answers(statuses=[200] * 9)
    with faulty_server(elsewhere) as other:
        answers = Answers(statuses=[307], headers={"Location": f"{other}/auth/token"})
        with faulty_server(answers) as url:
            function.setenv("AIRFLOW_URL", url)
            with pytest.raises(trigger.TriggerError, match="status 307"):
                trigger.handler(created(), None)
    assert elsewhere.seen == []


def test_a_server_that_is_not_there_is_told(function: pytest.MonkeyPatch) -> None:
    with pytest.raises(trigger.TriggerError, match="asked 4 times: URLError"):
        trigger.handler(created(), None)


@pytest.mark.parametrize(
    ("secret", "problem"),
    [("no JSON", "no JSON object with username"), ({"user": "x"}, "no JSON object"), ("[1]", "no JSON object")],
)
def test_a_secret_that_is_no_login_is_told_without_its_content(
    function: pytest.MonkeyPatch, secret: Any, problem: str
) -> None:
    keep(secret)
    with pytest.raises(trigger.TriggerError, match=problem) as caught:
        trigger.handler(created(), None)
    assert "no JSON'" not in str(caught.value)
    function.setenv("SECRET_ARN", "none")
    with pytest.raises(trigger.TriggerError, match="the secret none cannot be read"):
        trigger.handler(created(), None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": None}, "the event has no id"),
        ({"id": "a/../b"}, "the event has no id"),
        ({"detail-type": "Object Deleted"}, "expected 'Object Created'"),
        ({"source": "my.app"}, "of 'my.app'"),
        ({"detail": None}, "names no object"),
        ({"detail": {"bucket": {"name": "b"}, "object": {}}}, "names no object"),
        ({"detail": {"bucket": {"name": ""}, "object": {"key": "k"}}}, "names no object"),
    ],
)
def test_a_malformed_event_is_told(function: pytest.MonkeyPatch, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(trigger.TriggerError, match=problem):
        trigger.handler(created(**changes), None)


def test_an_event_of_s3_itself_is_told_how_it_should_come() -> None:
    with pytest.raises(trigger.TriggerError, match="the event has no id"):
        trigger.handler({"Records": [{"s3": {"bucket": {"name": "b"}}}]}, None)
    with pytest.raises(trigger.TriggerError, match="no object: list"):
        trigger.handler([], None)  # type: ignore[arg-type]


def test_the_marker_of_a_folder_starts_nothing(function: pytest.MonkeyPatch) -> None:
    assert trigger.handler(created("incoming/"), None)["started"] is False


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("DAG_ID", "", "DAG_ID is not set"),
        ("DAG_ID", "a/b", "no name of a DAG"),
        ("AIRFLOW_URL", "", "AIRFLOW_URL is not set"),
        ("AIRFLOW_URL", "file:///etc", "AIRFLOW_URL must be http"),
        ("AIRFLOW_URL", "http://user:word@host", "AIRFLOW_URL must be http"),
        ("SECRET_ARN", " ", "SECRET_ARN is not set"),
    ],
)
def test_a_setting_that_is_missing_is_named(function: pytest.MonkeyPatch, name: str, value: str, problem: str) -> None:
    function.setenv(name, value)
    with pytest.raises(trigger.TriggerError, match=problem):
        trigger.handler(created(), None)


def test_the_function_is_one_file_of_the_standard_library_and_boto3() -> None:
    source = Path(trigger.__file__).read_text(encoding="utf-8")
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
    assert names <= {*sys.stdlib_module_names, "boto3", "botocore"}
