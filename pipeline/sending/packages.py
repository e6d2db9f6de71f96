"""The model archive that is packed between training and CreateModel, from what the jobs left in S3."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.packaging.packages import ModelSource, write_package
from pipeline.plan.steps import Package
from pipeline.sending.clients import Clients
from pipeline.sending.objects import split

_ETL = ("model.tar.gz", "schema.json", "summary.json")


def send_package(clients: Clients, package: Package, config: PipelineConfig) -> None:
    """Packs the archive and uploads it. Raises PipelineError where the jobs left something else than they should."""
    with tempfile.TemporaryDirectory() as folder:
        bucket, key = split(package.uri)
        clients.s3.upload_file(str(write_archive(clients, package, config, Path(folder))), bucket, key)


def write_archive(clients: Clients, package: Package, config: PipelineConfig, folder: Path) -> Path:
    """The archive, packed in a new folder of this machine. See send_package."""
    trained = _fetch(clients.s3, package.booster or _best_model(clients.sagemaker, package), folder / "trained")
    for file in _ETL if package.layout not in ("xgboost", "trained") else ():
        _fetch(clients.s3, f"{package.etl}/{file}", folder / "etl")
    source = ModelSource(config, folder / "etl", trained)
    return write_package(package.layout, source, folder / "made" / "model.tar.gz")


def _fetch(s3: Any, uri: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    bucket, key = split(uri)
    path = folder / Path(key).name
    s3.download_file(bucket, key, str(path))
    return path


def _best_model(sagemaker: Any, package: Package) -> str:
    """The archive of a tuning job's best training job."""
    tuned = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=package.tuning_job)
    best = tuned["BestTrainingJob"]["TrainingJobName"]
    return str(sagemaker.describe_training_job(TrainingJobName=best)["ModelArtifacts"]["S3ModelArtifacts"])
