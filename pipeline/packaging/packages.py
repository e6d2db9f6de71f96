"""The archive that a model of SageMaker loads, from what the Spark job and the training job left."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.bundle.archive import read_files
from pipeline.config.model import PipelineConfig
from pipeline.errors import ConfigError, ModelError
from pipeline.packaging.archives import fused_archive, fused_files, xgboost_archive
from pipeline.packaging.script_mode import script_mode_archive
from pipeline.schema import parse_schema
from pipeline.scoring.load import BOOSTER
from pipeline.scoring.manifest import Manifest

LAYOUTS = ("xgboost", "fused", "script-mode")


def write_package(layout: str, config: PipelineConfig, *, etl: Path, trained: Path, path: Path) -> Path:
    """Writes one of LAYOUTS to `path`.

    `etl` is a folder with the job's model.tar.gz, schema.json and summary.json, `trained` the training job's archive.
    Raises ModelError where that holds no booster.
    """
    if layout not in LAYOUTS:
        raise ConfigError(f"no archive is laid out as {layout!r}", hint=f"layouts: {', '.join(LAYOUTS)}")
    booster = read_files(trained).get(BOOSTER)
    if booster is None:
        raise ModelError(f"{trained} holds no {BOOSTER}", hint="is it a training job's archive?")
    if layout == "xgboost":
        return xgboost_archive(booster, path)
    summary = json.loads((etl / "summary.json").read_text(encoding="utf-8"))
    manifest = Manifest(
        features=config.features.column,
        feature_names=tuple(summary["features"]["names"]),
        zeros_are_missing=summary["zeros_are_missing"],
        classes=None if summary["classes"] is None else tuple(summary["classes"]),
        output=config.inference.output,
    )
    bundle = read_files(etl / "model.tar.gz")
    schema = parse_schema((etl / "schema.json").read_text(encoding="utf-8"))
    if layout == "fused":
        return fused_archive(bundle, booster, schema, manifest, path)
    wheels = config.sagemaker.model.wheels
    return script_mode_archive(fused_files(bundle, booster, schema, manifest), path, Path(wheels) if wheels else None)
