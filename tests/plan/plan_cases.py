"""Pipeline files with a section `sagemaker`, and their plans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from tests_paths import ROOT

from pipeline.config import PipelineConfig, load_config
from pipeline.plan import Plan, Settings, plan_requests, resolve_settings

ROLE = "arn:aws:iam::123456789012:role/sagemaker"
ENVIRONMENT = {"AWS_REGION": "eu-west-1", "SAGEMAKER_ROLE": ROLE, "SAGEMAKER_BUCKET": "bucket"}
BASE = "s3://bucket/inference-pipeline/abalone/run1"
ABALONE = yaml.safe_load((ROOT / "examples" / "abalone" / "pipeline.yml").read_text(encoding="utf-8"))


def write(folder: Path, section: Mapping[str, Any], **changes: Mapping[str, Any]) -> Path:
    """Abalone's pipeline file with a section, and with changes of others, in a folder of its own."""
    document = json.loads(json.dumps(ABALONE))
    document["data"]["schema"] = str(ROOT / "schemas" / "abalone.json")
    document["sagemaker"] = dict(section)
    for name, values in changes.items():
        if isinstance(values, Mapping):
            document.setdefault(name, {}).update(values)
        else:
            document[name] = values
    file = folder / "pipeline.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def config_of(folder: Path, section: Mapping[str, Any], **changes: Mapping[str, Any]) -> PipelineConfig:
    return load_config(write(folder, section, **changes))


def settings_of(config: PipelineConfig, **variables: str) -> Settings:
    return resolve_settings(config.sagemaker, ENVIRONMENT | variables)


def plan_of(folder: Path, section: Mapping[str, Any], run_key: str = "run1", **changes: Mapping[str, Any]) -> Plan:
    file = write(folder, section, **changes)
    config = load_config(file)
    return plan_requests(config, file, settings_of(config), run_key)


def request_of(folder: Path, name: str, section: Mapping[str, Any], **changes: Mapping[str, Any]) -> Any:
    """One request of such a plan, by its step or operation."""
    step = plan_of(folder, section, **changes).step(name)
    assert step is not None
    return step.request
