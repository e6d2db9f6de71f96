"""Tuning jobs whose training jobs really train."""

from __future__ import annotations

import json

import pytest
from training_cases import Bench, channel, csv_rows, training_request
from tuning_cases import METRIC, TrainedJobs, continuous, integer, tuning_job, tuning_request

from pipeline.local.jobs.training import run_training
from pipeline.local.jobs.tuning import run_tuning

RANGES = {
    "ContinuousParameterRanges": [continuous("eta", "0.05", "0.6"), continuous("lambda", "0.1", "30")],
    "IntegerParameterRanges": [integer("max_depth", 1, 6)],
}


@pytest.fixture
def bench(store_client, tmp_path):
    return Bench(store_client, tmp_path)


@pytest.fixture
def rows(bench):
    bench.put("train/part.csv", csv_rows(80, 1))
    bench.put("validation/part.csv", csv_rows(200, 2))
    return [channel(name, f"{bench.uri}/{name}") for name in ("train", "validation")]


def default_rmse(bench, rows, rounds):
    job = bench.job(training_request("default", bench.uri, rows, hyperparameters={"num_round": rounds}))
    final = run_training(job.job)["FinalMetricDataList"]
    return {metric["MetricName"]: metric["Value"] for metric in final}[METRIC]


def test_tuning_finds_better_than_the_default(bench, rows, tmp_path):
    jobs = TrainedJobs(bench)
    request = tuning_request(
        "better", rows, bench.uri, RANGES, strategy="Bayesian", jobs=6, static={"num_round": "40", "nthread": "1"}
    )
    job = tuning_job(bench, tmp_path / "job", request, jobs)
    ended = run_tuning(job.job)
    best = ended["BestTrainingJob"]
    assert ended["TrainingJobStatusCounters"]["Completed"] == 6
    assert ended["ObjectiveStatusCounters"] == {"Succeeded": 6, "Pending": 0, "Failed": 0}
    assert jobs.most == 2
    values = {name: jobs.describe(name)["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for name in jobs.jobs}
    final = best["FinalHyperParameterTuningJobObjectiveMetric"]
    assert final == {"Type": "Minimize", "MetricName": METRIC, "Value": min(values.values())}
    assert values[best["TrainingJobName"]] == final["Value"]
    assert final["Value"] < default_rmse(bench, rows, 40)
    # The program was told of the objective, and its model is where training jobs leave theirs.
    described = jobs.describe(best["TrainingJobName"])
    assert described["HyperParameters"]["_tuning_objective_metric"] == METRIC
    assert set(best["TunedHyperParameters"]) == {"eta", "lambda", "max_depth"}
    output = bench.archive(f"jobs/{best['TrainingJobName']}/output/output.tar.gz")
    assert json.loads(output["metrics.json"])["evals"]["validation"]["rmse"][-1] == pytest.approx(
        final["Value"], abs=1e-5
    )
