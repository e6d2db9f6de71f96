"""A training job of the service that comes to its time limit."""

from __future__ import annotations

import time
from typing import Any

import pytest
import xgboost
from service_cases import SECONDS, Service
from training_cases import Bench, channel, csv_rows, training_request


@pytest.fixture
def sagemaker(service: Service) -> Any:
    return service.client("sagemaker")


def limited(sagemaker: Any, bench: Bench, seconds: int) -> dict[str, Any]:
    """A job that would train for ever, when it has come to this limit."""
    name = f"limited-{seconds}"
    request = training_request(
        name,
        bench.uri,
        [channel("train", f"{bench.uri}/train")],
        hyperparameters={"num_round": 90_000_000, "nthread": 1},
        StoppingCondition={"MaxRuntimeInSeconds": seconds},
    )
    sagemaker.create_training_job(**request)
    deadline = time.monotonic() + SECONDS
    while True:
        described: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        if described["TrainingJobStatus"] not in {"InProgress", "Stopping"}:
            return described
        assert time.monotonic() < deadline, described
        time.sleep(0.1)


def test_at_its_time_limit_it_is_stopped_and_its_model_kept(sagemaker: Any, service: Service, tmp_path: Any) -> None:
    bench = Bench(service.client("s3"), tmp_path)
    bench.put("train/part.csv", csv_rows(2000))
    # On a busy machine the first round may come after the first limit.
    for seconds in (5, 20, 80):
        described = limited(sagemaker, bench, seconds)
        assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
        last = described["SecondaryStatusTransitions"][-1]
        assert last["StatusMessage"] == "Training job runtime exceeded MaxRuntimeInSeconds provided"
        assert (described["TrainingEndTime"] - described["TrainingStartTime"]).total_seconds() >= seconds
        uri = f"{bench.uri}/jobs/limited-{seconds}/output/model.tar.gz"
        if bench.objects.exists(uri):
            break
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": uri}
    model = bench.archive(uri.removeprefix(f"{bench.uri}/"))["xgboost-model"]
    assert xgboost.Booster(model_file=bytearray(model)).num_boosted_rounds() > 0
    assert {metric["MetricName"] for metric in described["FinalMetricDataList"]} == {"train:rmse"}
