"""Tuning jobs of the service: its own training jobs, started, counted, stopped, and taken up after its end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from service_cases import SECONDS, Service
from training_cases import channel, csv_rows
from tuning_cases import METRIC, continuous, integer, tuning_request

BUCKET = "tuning"
RANGES = {
    "ContinuousParameterRanges": [continuous("eta", "0.05", "0.6")],
    "IntegerParameterRanges": [integer("max_depth", 1, 6)],
}
ENDLESS = {"num_round": "90000000", "nthread": "1"}
TAGS = [{"Key": "project", "Value": "tuned"}]


def put_rows(service: Service) -> None:
    s3 = service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    for seed, name in enumerate(("train", "validation")):
        s3.put_object(Bucket=BUCKET, Key=f"{name}/part.csv", Body=csv_rows(40, seed).encode())


@pytest.fixture(scope="module")
def client(service: Service) -> Any:
    put_rows(service)
    return service.client("sagemaker")


def request(name: str, ranges: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    channels = [channel(channel_name, f"s3://{BUCKET}/{channel_name}") for channel_name in ("train", "validation")]
    more = {"static": {"num_round": "5", "nthread": "1"}, **more}
    return tuning_request(name, channels, f"s3://{BUCKET}", ranges or RANGES, **more)


def until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def describe(client: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    return found


def ended(client: Any, name: str) -> dict[str, Any]:
    until(lambda: describe(client, name)["HyperParameterTuningJobStatus"] not in {"InProgress", "Stopping"})
    return describe(client, name)


def summaries(client: Any, name: str, **more: Any) -> list[dict[str, Any]]:
    reply = client.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **more)
    found: list[dict[str, Any]] = reply["TrainingJobSummaries"]
    return found


def started(client: Any, name: str) -> list[dict[str, Any]]:
    """The descriptions of a tuning job's training jobs."""
    names = [summary["TrainingJobName"] for summary in summaries(client, name)]
    return [client.describe_training_job(TrainingJobName=each) for each in names]


def wait_for_training(client: Any, name: str, count: int) -> None:
    """Until so many of its training jobs have their programs running."""
    until(lambda: [each["SecondaryStatus"] for each in started(client, name)] == ["Training"] * count)


def test_tuning_to_its_end(client: Any) -> None:
    arn = client.create_hyper_parameter_tuning_job(**request("whole"), Tags=TAGS)["HyperParameterTuningJobArn"]
    described = ended(client, "whole")
    assert described["HyperParameterTuningJobStatus"] == "Completed", described
    jobs = {each["TrainingJobName"]: each for each in started(client, "whole")}
    assert {(each["TuningJobArn"], each["TrainingJobStatus"]) for each in jobs.values()} == {(arn, "Completed")}
    assert len(jobs) == 4
    assert described["TrainingJobStatusCounters"] == {
        "Completed": 4,
        "InProgress": 0,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    values = {
        name: metric["Value"]
        for name, each in jobs.items()
        for metric in each["FinalMetricDataList"]
        if metric["MetricName"] == METRIC
    }
    best = described["BestTrainingJob"]
    assert best["TrainingJobName"] == min(values, key=values.__getitem__)
    listed = summaries(client, "whole", SortBy="FinalObjectiveMetricValue", SortOrder="Ascending")
    assert listed[0] == best
    for summary in listed:
        job = jobs[summary["TrainingJobName"]]
        assert summary["FinalHyperParameterTuningJobObjectiveMetric"] == {
            "Type": "Minimize",
            "MetricName": METRIC,
            "Value": values[summary["TrainingJobName"]],
        }
        assert set(summary["TunedHyperParameters"]) == {"eta", "max_depth"}
        assert summary["TunedHyperParameters"].items() <= job["HyperParameters"].items()
        for member in ("TrainingJobArn", "TrainingStartTime", "TrainingEndTime", "TrainingJobStatus"):
            assert summary[member] == job[member]
    assert client.list_tags(ResourceArn=best["TrainingJobArn"])["Tags"] == TAGS
    # One that is made anew under the name of a deleted one has training jobs of its own only.
    client.delete_hyper_parameter_tuning_job(HyperParameterTuningJobName="whole")
    client.create_hyper_parameter_tuning_job(**request("whole", static=ENDLESS))
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="whole")
    assert ended(client, "whole")["HyperParameterTuningJobStatus"] == "Stopped"
    assert not jobs.keys() & {each["TrainingJobName"] for each in summaries(client, "whole")}


def test_a_stop_stops_the_training_jobs(client: Any) -> None:
    client.create_hyper_parameter_tuning_job(**request("stopped", static=ENDLESS))
    wait_for_training(client, "stopped", 2)
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")
    described = ended(client, "stopped")
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert [each["TrainingJobStatus"] for each in started(client, "stopped")] == ["Stopped"] * 2
    assert described["TrainingJobStatusCounters"]["Stopped"] == 2


def test_a_request_that_contradicts_itself_is_refused(client: Any) -> None:
    ranges = {"IntegerParameterRanges": [integer("max_depth", 6, 1)]}
    with pytest.raises(ClientError, match=r"max_depth: MinValue 6 must be .* no more than MaxValue 1") as refused:
        client.create_hyper_parameter_tuning_job(**request("contrary", ranges))
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="Could not find"):
        describe(client, "contrary")


def test_a_parent_that_is_not_there_is_refused(client: Any) -> None:
    warm = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "nobody"}],
        "WarmStartType": "TransferLearning",
    }
    with pytest.raises(ClientError, match="Could not find requested job with name: nobody") as refused:
        client.create_hyper_parameter_tuning_job(**request("orphan", WarmStartConfig=warm))
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="Could not find"):
        describe(client, "orphan")


def test_a_training_job_that_is_refused_fails_the_tuning_job(client: Any) -> None:
    asked = request("refused")
    asked["TrainingJobDefinition"]["AlgorithmSpecification"]["AlgorithmName"] = "xgboost"
    del asked["TrainingJobDefinition"]["AlgorithmSpecification"]["TrainingImage"]
    client.create_hyper_parameter_tuning_job(**asked)
    described = ended(client, "refused")
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("ClientError: AlgorithmSpecification names no TrainingImage")


@pytest.mark.slow
def test_after_the_service_ended_a_tuning_job_goes_on_or_stops(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = Service(data)
    client = first.client("sagemaker")
    put_rows(first)
    for name in ("again", "stopping"):
        client.create_hyper_parameter_tuning_job(**request(name, jobs=1, parallel=1, static=ENDLESS))
        wait_for_training(client, name, 1)
    interrupted = summaries(client, "again")[0]["TrainingJobName"]
    assert first.stop() == 0
    with closing(sqlite3.connect(data / "state.sqlite")) as state, state:
        assert state.execute("SELECT status FROM resources").fetchall() == [("InProgress",)] * 4
        short = "UPDATE resources SET request = replace(request, ?, '3') WHERE name LIKE 'again%'"
        state.execute(short, (ENDLESS["num_round"],))
        # As a kill -9 leaves one that was told to stop.
        state.execute("UPDATE resources SET status = 'Stopping' WHERE name = 'stopping'")
    second = Service(data)
    try:
        client = second.client("sagemaker")
        assert ended(client, "stopping")["HyperParameterTuningJobStatus"] == "Stopped"
        until(lambda: [each["TrainingJobStatus"] for each in summaries(client, "stopping")] == ["Stopped"])
        assert ended(client, "again")["HyperParameterTuningJobStatus"] == "Completed"
        (job,) = summaries(client, "again")
        assert (job["TrainingJobName"], job["TrainingJobStatus"]) == (interrupted, "Completed")
    finally:
        assert second.stop() == 0
