"""The model archive that is packed between training and CreateModel, from what the jobs left in S3."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from pipeline.bundle.archive import read_files
from pipeline.config.model import PipelineConfig
from pipeline.packaging.archives import fused_files, xgboost_archive
from pipeline.packaging.script_mode import script_mode_archive
from pipeline.plan.steps import Package
from pipeline.schema import parse_schema
from pipeline.scoring.load import BOOSTER
from pipeline.scoring.manifest import Manifest
from pipeline.sending.clients import Clients
from pipeline.sending.objects import read, split


def send_package(clients: Clients, package: Package, config: PipelineConfig) -> None:
    """Packs the archive and uploads it. Raises PipelineError where the jobs left something else than they should."""
    with tempfile.TemporaryDirectory() as name:
        path = _pack(clients, package, config, Path(name))
        bucket, key = split(package.uri)
        clients.s3.upload_file(str(path), bucket, key)


def _pack(clients: Clients, package: Package, config: PipelineConfig, folder: Path) -> Path:
    from pipeline.bundle.pack import write_files

    booster = _unpacked(clients.s3, package.booster or _best_model(clients.sagemaker, package), folder)[BOOSTER]
    made = folder / "made" / "model.tar.gz"
    if package.layout == "xgboost":
        return xgboost_archive(booster, made)
    bundle = _unpacked(clients.s3, f"{package.etl}/model.tar.gz", folder)
    schema = parse_schema(read(clients.s3, f"{package.etl}/schema.json").decode("utf-8"))
    summary = json.loads(read(clients.s3, f"{package.etl}/summary.json"))
    files = fused_files(bundle, booster, schema, _manifest(summary, config))
    if package.layout == "fused":
        return write_files(files, made)
    wheels = config.sagemaker.model.wheels
    return script_mode_archive(files, made, Path(wheels) if wheels else None)


def _manifest(summary: dict[str, Any], config: PipelineConfig) -> Manifest:
    classes = summary["classes"]
    return Manifest(
        features=summary["features"]["column"],
        feature_names=tuple(summary["features"]["names"]),
        zeros_are_missing=summary["zeros_are_missing"],
        classes=None if classes is None else tuple(classes),
        output=config.inference.output,
    )


def _best_model(sagemaker: Any, package: Package) -> str:
    """The archive of a tuning job's best training job."""
    tuned = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=package.tuning_job)
    best = tuned["BestTrainingJob"]["TrainingJobName"]
    return str(sagemaker.describe_training_job(TrainingJobName=best)["ModelArtifacts"]["S3ModelArtifacts"])


def _unpacked(s3: Any, uri: str, folder: Path) -> Any:
    path = folder / Path(uri).name
    path.write_bytes(read(s3, uri))
    return read_files(path)
