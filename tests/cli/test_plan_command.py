"""`inference-pipeline plan`: the requests as JSON, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import failure, run
from tests_paths import ROOT

FILE = ROOT / "examples" / "abalone" / "pipeline.yml"
PLACE = {
    "AWS_REGION": "eu-west-1",
    "SAGEMAKER_ROLE": "arn:aws:iam::123456789012:role/sagemaker",
    "SAGEMAKER_BUCKET": "bucket",
}


def test_the_plan_is_json_and_the_same_each_time() -> None:
    first, again = (run("plan", FILE, "--target", "sagemaker", **PLACE) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == again.stdout
    document = json.loads(first.stdout)
    assert [step["operation"] for step in document["steps"]] == [
        "CreateProcessingJob",
        "CreateTrainingJob",
        "CreateModel",
        "CreateEndpointConfig",
        "CreateEndpoint",
        "CreateTransformJob",
    ]
    assert document["deletions"][0]["operation"] == "DeleteEndpoint"


@pytest.mark.parametrize("name", ["training", "CreateTrainingJob"])
def test_one_request_alone_is_what_awss_own_command_line_takes(name: str) -> None:
    done = run("plan", FILE, "--only", name, "--run-key", "mine", **PLACE)
    assert json.loads(done.stdout)["TrainingJobName"] == "abalone-mine-train"


def test_given_rows_are_what_is_uploaded(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("M,1\n", encoding="utf-8")
    done = run("plan", FILE, "--input", tmp_path / "rows.csv", **PLACE)
    assert json.loads(done.stdout)["uploads"][0]["from"] == str(tmp_path / "rows.csv")


def test_a_step_that_is_not_there_is_refused_with_those_that_are() -> None:
    said = failure(run("plan", FILE, "--only", "tuning", **PLACE))
    assert "the plan has no step 'tuning'" in said
    assert "steps: processing, training, model" in said


def test_what_is_said_nowhere_is_refused_with_all_places() -> None:
    said = failure(run("plan", FILE, **PLACE | {"SAGEMAKER_ROLE": ""}))
    assert "role is said nowhere" in said
    assert "SAGEMAKER_ROLE" in said


def test_another_target_is_no_option() -> None:
    done = run("plan", FILE, "--target", "vertex", **PLACE)
    assert done.returncode == 2
    assert "'vertex' is not" in done.stderr
