"""Processing jobs as any client sees them: real Spark programs, from S3 to S3, with their logs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from service_cases import Service, finished, keys, log_lines, processing_input, processing_output, processing_request

GROUP = "/aws/sagemaker/ProcessingJobs"
PROGRAM = Path(__file__).with_name("spark_program.py")
ROWS = "id,value\n" + "".join(f"{number},{number / 4}\n" for number in range(40))
CONFIGURATION = [
    {
        "Classification": "spark-defaults",
        "Properties": {"spark.sql.session.timeZone": "Asia/Tokyo", "spark.executor.memory": "900g"},
    },
    {"Classification": "yarn-site", "Properties": {"yarn.x": "y"}},
]

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def sagemaker(service: Service) -> Any:
    return service.client("sagemaker")


@pytest.fixture(scope="module")
def s3(service: Service) -> Any:
    client = service.client("s3")
    client.create_bucket(Bucket="jobs")
    client.upload_file(str(PROGRAM), "jobs", "code/program.py")
    client.put_object(Bucket="jobs", Key="rows/a.csv", Body=ROWS.encode())
    client.put_object(Bucket="jobs", Key="conf/configuration.json", Body=json.dumps(CONFIGURATION).encode())
    return client


def request(name: str, way: str = "work", *, instances: int = 1, **more: Any) -> dict[str, Any]:
    """A job that reads and writes by arguments, and by an input and an output."""
    built = processing_request(
        name,
        "s3://jobs/code/program.py",
        "s3a://jobs/rows/a.csv",
        f"s3://jobs/{name}/table/",
        "/opt/ml/processing/output/met",
        way,
        instances=instances,
        Environment={"GIVEN": "by the request"},
        ProcessingOutputConfig={
            "Outputs": [
                processing_output("met", f"s3://jobs/{name}/met", "/opt/ml/processing/output/met"),
                processing_output("events", f"s3://jobs/{name}/events", "/opt/ml/processing/spark-events/"),
            ]
        },
        **more,
    )
    built["ProcessingInputs"].append(
        processing_input("conf", "s3://jobs/conf/configuration.json", "/opt/ml/processing/input/conf")
    )
    entrypoint = built["AppSpecification"]["ContainerEntrypoint"]
    entrypoint[1:1] = ["--local-spark-event-logs-dir", "/opt/ml/processing/spark-events/"]
    return built


@pytest.fixture(scope="module")
def ended(sagemaker: Any, s3: Any) -> dict[str, dict[str, Any]]:
    """Jobs that run side by side, by name, each with its last description."""
    requests = [request("one"), request("two", instances=2), request("failing", "fail")]
    for built in requests:
        sagemaker.create_processing_job(**built)
    return {built["ProcessingJobName"]: finished(sagemaker, built["ProcessingJobName"]) for built in requests}


@pytest.mark.parametrize(("name", "workers"), [("one", 1), ("two", 2)])
def test_a_program_reads_and_writes_s3_on_as_many_workers_as_instances(
    ended: dict[str, dict[str, Any]], s3: Any, name: str, workers: int
) -> None:
    assert ended[name]["ProcessingJobStatus"] == "Completed", ended[name].get("FailureReason")
    met = json.loads(s3.get_object(Bucket="jobs", Key=f"{name}/met/met.json")["Body"].read())
    assert met["rows"] == 40
    assert met["executors"] == workers
    assert met["master"].startswith("local" if workers == 1 else "spark://127.0.0.1:")
    assert (met["setting"], met["region"], met["given"]) == ("Asia/Tokyo", "us-east-1", "by the request")
    parts = [key for key in keys(s3, "jobs", f"{name}/table/") if key.endswith(".csv")]
    lines = [line for key in parts for line in s3.get_object(Bucket="jobs", Key=key)["Body"].read().split()]
    assert sorted(line for line in lines if line != b"id,doubled") == sorted(
        f"{number},{number / 2}".encode() for number in range(40)
    )
    assert not [key for key in keys(s3, "jobs", f"{name}/") if key.endswith(".crc")]
    assert len(keys(s3, "jobs", f"{name}/events/")) == 1


def test_a_description_has_times_and_what_was_asked(ended: dict[str, dict[str, Any]]) -> None:
    described = ended["one"]
    assert described["CreationTime"] <= described["ProcessingStartTime"] < described["ProcessingEndTime"]
    asked = request("one")
    assert {member: described[member] for member in asked} == asked
    assert described["ProcessingJobArn"] == "arn:aws:sagemaker:us-east-1:123456789012:processing-job/one"


def test_the_output_of_every_instance_is_in_cloudwatch_logs(ended: dict[str, Any], service: Service) -> None:
    logs = service.client("logs")
    assert "the job says: reading" in log_lines(logs, GROUP, "one/algo-1-")
    assert any("yarn-site has no meaning" in line for line in log_lines(logs, GROUP, "one/algo-1-"))
    assert any("spark.executor.memory has no meaning" in line for line in log_lines(logs, GROUP, "one/algo-1-"))
    second = log_lines(logs, GROUP, "two/algo-2-")
    assert any("registered with master" in line for line in second), second


def test_a_failing_program_fails_the_job_and_leaves_no_output(ended: dict[str, dict[str, Any]], s3: Any) -> None:
    described = ended["failing"]
    assert described["ProcessingJobStatus"] == "Failed"
    said = "AlgorithmError: exit code 1: ValueError: the rows are not to this program's taste"
    assert described["FailureReason"] == said
    assert described["ExitMessage"] == said
    assert "ProcessingEndTime" in described
    assert keys(s3, "jobs", "failing/") == []


def test_a_running_job_stops_within_five_seconds(sagemaker: Any, s3: Any, service: Service) -> None:
    sagemaker.create_processing_job(**request("stopped", "wait"))
    logs = service.client("logs")
    _until(lambda: "the job says: reading" in _lines(logs, "stopped/"))
    began = time.monotonic()
    sagemaker.stop_processing_job(ProcessingJobName="stopped")
    status = sagemaker.describe_processing_job(ProcessingJobName="stopped")["ProcessingJobStatus"]
    assert status in {"Stopping", "Stopped"}
    assert finished(sagemaker, "stopped")["ProcessingJobStatus"] == "Stopped"
    assert time.monotonic() - began < 5
    assert keys(s3, "jobs", "stopped/") == []
    with pytest.raises(ClientError, match="job is in status Stopped"):
        sagemaker.stop_processing_job(ProcessingJobName="stopped")


def test_a_job_ends_at_its_run_time_limit(sagemaker: Any, s3: Any) -> None:
    sagemaker.create_processing_job(**request("limited", "wait", StoppingCondition={"MaxRuntimeInSeconds": 2}))
    described = finished(sagemaker, "limited")
    assert described["ProcessingJobStatus"] == "Stopped"
    assert "MaxRuntimeInSeconds" in described["ExitMessage"]
    assert (described["ProcessingEndTime"] - described["ProcessingStartTime"]).total_seconds() >= 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ProcessingInputs": [processing_input("code", "s3://nowhere/x.py", "/opt/ml/code")]}, "nowhere"),
        ({"ProcessingInputs": [processing_input("code", "s3://jobs/none/", "/opt/ml/code")]}, "No S3 objects found"),
        ({"ProcessingInputs": [processing_input("code", "s3://jobs/code/", "/etc")]}, "/etc is not below /opt/ml"),
        (
            {"ProcessingOutputConfig": {"Outputs": [processing_output("o", "s3://absent/x", "/opt/ml/x")]}},
            "s3://absent/x",
        ),
        ({"ProcessingInputs": []}, "there is no program at"),
    ],
)
def test_a_job_that_cannot_run_says_why(sagemaker: Any, s3: Any, change: dict[str, Any], reason: str) -> None:
    name = f"cannot-{abs(hash(reason))}"
    sagemaker.create_processing_job(**{**processing_request(name, "s3://jobs/code/program.py"), **change})
    described = finished(sagemaker, name)
    assert described["ProcessingJobStatus"] == "Failed"
    assert reason in described["FailureReason"]


@pytest.mark.parametrize("image", ["123.dkr.ecr.us-east-1.amazonaws.com/my-own:latest", "sagemaker-xgboost:3.0-5"])
def test_an_image_that_is_not_mapped_is_refused_by_name(sagemaker: Any, s3: Any, image: str) -> None:
    built = processing_request("unknown-image", "s3://jobs/code/program.py")
    built["AppSpecification"]["ImageUri"] = image
    with pytest.raises(ClientError, match=f"(?s)ValidationException.*{image}.*sagemaker-spark-processing"):
        sagemaker.create_processing_job(**built)


def test_a_name_is_taken_once(sagemaker: Any, ended: dict[str, Any]) -> None:
    with pytest.raises(sagemaker.exceptions.ResourceInUse, match=r"already exists .*processing-job/one"):
        sagemaker.create_processing_job(**request("one"))


def _lines(logs: Any, prefix: str) -> list[str]:
    try:
        return log_lines(logs, GROUP, prefix)
    except logs.exceptions.ResourceNotFoundException:
        return []


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 100
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
