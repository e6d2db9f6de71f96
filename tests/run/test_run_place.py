"""A pipeline file as it is sent on this machine: whatever it says of AWS, a plan comes of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests_paths import ROOT

from pipeline.config import PipelineConfig, load_config
from pipeline.local.images import Images
from pipeline.plan import Plan, plan_requests
from pipeline.run.place import config_here, images_here, settings_here
from pipeline.run.service import running_service

EXAMPLE = ROOT / "examples" / "abalone" / "pipeline.yml"
SCHEMA = ROOT / "schemas" / "abalone.json"


def config_of(folder: Path, section: dict[str, Any], schema: Path = SCHEMA) -> PipelineConfig:
    document = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    document["data"]["schema"] = str(schema)
    document["sagemaker"] = section
    (folder / "pipeline.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return load_config(folder / "pipeline.yml")


def plan_of(folder: Path, section: dict[str, Any], **more: Any) -> Plan:
    config = config_here(config_of(folder, section, **more))
    return plan_requests(config, folder / "pipeline.yml", settings_here(), "run", rows=folder / "rows.csv")


def operations(plan: Plan) -> list[str]:
    return [step.operation.removeprefix("Create") for step in plan.steps]


ALL = ["ProcessingJob", "TrainingJob", "Model", "EndpointConfig", "Endpoint", "TransformJob"]


def test_without_role_bucket_and_region_all_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "SAGEMAKER_"))]:
        monkeypatch.delenv(name)
    assert operations(plan_of(tmp_path, {})) == ALL
    assert operations(plan_of(tmp_path, {"endpoint": None, "transform": None})) == ALL


def test_what_is_awss_alone_or_another_runs_is_left_out(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        {
            "secret": {"name": "mine", "holds": ["role", "bucket"]},
            "kms_key": "alias/mine",
            "vpc": {"subnets": ["subnet-1"], "security_groups": ["sg-1"]},
            "network_isolation": True,
            "processing": {"instance_count": 2},
            "tuning": {
                "objective": "validation:rmse",
                "ranges": {"eta": {"min": 0.1, "max": 0.3}},
                "warm_start": {"parents": ["earlier"]},
                "max_jobs": 3,
            },
            "endpoint": {
                "instance_count": 2,
                "variants": [{"name": "mine"}, {"name": "old", "model": "earlier"}],
                "asynchronous": {"success_topic": "arn:aws:sns:us-east-1:123456789012:done"},
                "data_capture": {"destination": "s3://elsewhere/captured"},
                "deployment": {"traffic": "canary", "alarms": ["too-slow"]},
            },
            "transform": {"input": "s3://elsewhere/rows/", "content_type": "application/jsonlines"},
        },
    )
    assert operations(plan) == [ALL[0], "HyperParameterTuningJob", *ALL[2:]]
    text = json.dumps([step.request for step in plan.steps])
    for word in ("mine/", "alias", "subnet-1", "earlier", "sns", "elsewhere", "too-slow"):
        assert word not in text
    config = plan.step("CreateEndpointConfig")
    assert config is not None
    assert [(one["VariantName"], one["InitialInstanceCount"]) for one in config.request["ProductionVariants"]] == [
        ("mine", 2)
    ]
    assert '"MaxNumberOfTrainingJobs": 3' in text
    assert '"InstanceCount": 2' in text


def test_rows_that_are_no_csv_are_not_transformed(tmp_path: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    schema["columns"][1]["struct"] = "vector"
    (tmp_path / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    assert operations(plan_of(tmp_path, {}, schema=tmp_path / "schema.json")) == ALL[:-1]


def test_images_of_ones_own_stand_for_those_that_they_replace(tmp_path: Path) -> None:
    config = config_of(tmp_path, {"images": {"own": "1.dkr.ecr.eu-west-1.amazonaws.com/shells:2", "spark": "a/copy:3"}})
    images = Images(images_here(config))
    assert images.resolve("1.dkr.ecr.eu-west-1.amazonaws.com/shells:2", "inference") == "inference-pipeline"
    assert images.resolve("a/copy:3", "processing") == "sagemaker-spark-processing"


def test_nothing_that_is_set_for_aws_reaches_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/nowhere")
    before = dict(os.environ)
    with running_service(config_of(tmp_path, {}), tmp_path / "service") as clients:
        assert clients.sagemaker.list_endpoints()["Endpoints"] == []
    assert dict(os.environ) == before
