"""A recommender's requests: factorization machines in place of XGBoost, recordIO-protobuf in place of text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from plan_cases import settings_of
from tests_paths import ROOT

from pipeline.config import load_config
from pipeline.errors import ConfigError, StepError
from pipeline.factorization.metrics import lines
from pipeline.plan import Plan, plan_requests
from pipeline.plan.document import plan_document
from pipeline.recordio import CONTENT_TYPE
from pipeline.sending.filling import filled

EXAMPLE = ROOT / "examples" / "recommender" / "pipeline.yml"
BASE = "s3://bucket/inference-pipeline/recommender/run1"
IMAGE = "438346466558.dkr.ecr.eu-west-1.amazonaws.com/factorization-machines:1"
TUNING = {"objective": "test:rmse", "ranges": {"factors_lr": {"min": 0.001, "max": 0.1}}}


def write(folder: Path, section: dict[str, Any] | None = None, **changes: Any) -> Path:
    document = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    document["data"]["schema"] = str(ROOT / "schemas" / "ratings.json")
    document["sagemaker"] = section or {}
    for name, value in changes.items():
        document[name] = {**document.get(name, {}), **value} if isinstance(value, dict) else value
    file = folder / "pipeline.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def plan_of(folder: Path, section: dict[str, Any] | None = None, **changes: Any) -> Plan:
    file = write(folder, section, **changes)
    config = load_config(file)
    return plan_requests(config, file, settings_of(config), "run1")


def request_of(folder: Path, name: str, section: dict[str, Any] | None = None, **changes: Any) -> Any:
    step = plan_of(folder, section, **changes).step(name)
    assert step is not None
    return step.request


def test_the_plan_of_the_example(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    processing, training, model, transform = (
        plan.step(name).request
        for name in ("processing", "training", "model", "transform")  # type: ignore[union-attr]
    )
    assert processing["AppSpecification"]["ContainerEntrypoint"][-1].endswith("/ratings.py")
    assert any(upload.uri == f"{BASE}/code/ratings.py" for upload in plan.uploads)
    arguments = processing["AppSpecification"]["ContainerArguments"]
    assert arguments[arguments.index("--feature-dim") + 1] == "130"
    assert "--positive" not in arguments
    assert training["AlgorithmSpecification"] == {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    channels = {
        channel["ChannelName"]: (channel["ContentType"], channel["DataSource"]["S3DataSource"]["S3Uri"])
        for channel in training["InputDataConfig"]
    }
    assert channels == {
        "train": (CONTENT_TYPE, f"{BASE}/etl/train/part-"),
        "test": (CONTENT_TYPE, f"{BASE}/etl/validation/part-"),
    }
    trained = f"{BASE}/training/{training['TrainingJobName']}/output/model.tar.gz"
    assert model["PrimaryContainer"] == {"Image": IMAGE, "ModelDataUrl": trained}
    assert transform["TransformInput"]["SplitType"] == "RecordIO"
    assert transform["TransformInput"]["ContentType"] == CONTENT_TYPE
    assert transform["TransformOutput"]["Accept"] == "application/jsonlines"
    assert transform["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] == f"{BASE}/etl/requests/part-"


def test_a_tuning_job_looks_for_the_least_rmse_of_the_test_channel(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, {"tuning": TUNING})
    request = plan.step("tuning").request  # type: ignore[union-attr]
    objective = request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    assert objective == {"Type": "Minimize", "MetricName": "test:rmse"}
    assert "factors_lr" not in request["TrainingJobDefinition"]["StaticHyperParameters"]
    model = plan.step("model")
    assert model is not None
    assert model.package is not None
    assert (model.package.layout, model.package.tuning_job) == ("trained", request["HyperParameterTuningJobName"])
    classes = {"hyperparameters": {"feature_dim": 130, "num_factors": 2, "predictor_type": "binary_classifier"}}
    accuracy = {"tuning": {**TUNING, "objective": "test:binary_classification_accuracy"}}
    tuned = request_of(tmp_path, "tuning", accuracy, training=classes)["HyperParameterTuningJobConfig"]
    assert tuned["HyperParameterTuningJobObjective"]["Type"] == "Maximize"


@pytest.mark.parametrize("tuned", [False, True])
def test_feature_dim_may_be_left_to_the_data(tmp_path: Path, tuned: bool) -> None:
    given = {"hyperparameters": {"num_factors": 2, "predictor_type": "regressor"}}
    plan = plan_of(tmp_path, {"tuning": TUNING} if tuned else None, training=given)
    step = plan.step("tuning" if tuned else "training")
    assert step is not None
    assert step.fill is not None
    assert step.fill.uri == f"{BASE}/etl/summary.json"
    assert any("filled in" in shown for shown in plan_document(plan)["steps"])
    request = filled(step, Store({"feature_dim": 77})).request
    holder = request["TrainingJobDefinition"]["StaticHyperParameters"] if tuned else request["HyperParameters"]
    assert holder["feature_dim"] == "77"
    # The plan itself stays as it was.
    assert "77" not in json.dumps(step.request)
    with pytest.raises(StepError, match="says no feature_dim"):
        filled(step, Store({}))


class Store:
    """An S3 with one object."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._content = json.dumps(document).encode()

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        import io

        assert (Bucket, Key) == ("bucket", f"{BASE.removeprefix('s3://bucket/')}/etl/summary.json")
        return {"Body": io.BytesIO(self._content)}


def test_metrics_of_a_copied_image_are_found_in_the_lines(tmp_path: Path) -> None:
    copy = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/factorization-machines:1"
    request = request_of(tmp_path, "training", {"images": {"factorization_machines": copy}})
    patterns = {each["Name"]: each["Regex"] for each in request["AlgorithmSpecification"]["MetricDefinitions"]}
    said = lines("train", {"rmse": 1.5}, "regressor", "algo-1", 3) + lines(
        "test", {"rmse": 2e-05}, "regressor", "algo-1", None
    )
    found = {name: match[1] for name, regex in patterns.items() for line in said if (match := re.search(regex, line))}
    assert found == {"train:rmse": "1.5", "test:rmse": "2e-05"}


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "features too": ({}, {"features": {"pipeline": "auto"}}, "a recommender has no features"),
    "no ratings": ({}, {"ratings": None}, "ratings and training.algorithm: factorization-machines belong together"),
    "a content type": ({}, {"training": {"content_type": "text/csv"}}, "has no training.content_type"),
    "unknown": (
        {},
        {"training": {"hyperparameters": {"num_round": 3}}},
        "training.hyperparameters: 'num_round' is not",
    ),
    "rows of text": ({"transform": {"join": True}}, {}, "its predictions JSON lines: leave out join"),
    "another objective": ({"tuning": {**TUNING, "objective": "validation:rmse"}}, {}, "expected one of test:rmse"),
    "not tunable": (
        {"tuning": {**TUNING, "ranges": {"feature_dim": {"min": 1, "max": 9}}}},
        {},
        "'feature_dim' is not a hyperparameter of SageMaker's factorization machines that can be tuned",
    ),
    "early stopping": ({"tuning": {**TUNING, "early_stopping": True}}, {}, "nothing stops them early"),
    "a long wait": ({"training": {"spot": True}}, {}, "3600 seconds at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_by_its_key(tmp_path: Path, name: str) -> None:
    section, changes, message = REFUSED[name]
    with pytest.raises(ConfigError, match=re.escape(message)):
        plan_of(tmp_path, section, **changes)


def test_spot_jobs_have_no_checkpoints(tmp_path: Path) -> None:
    request = request_of(tmp_path, "training", {"training": {"spot": True, "max_runtime": 600, "max_wait": 1200}})
    assert "CheckpointConfig" not in request
