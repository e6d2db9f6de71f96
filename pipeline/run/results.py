"""What the jobs of a run left in S3, in the run's own folders."""

from __future__ import annotations

import json
from typing import Any

from pipeline.bundle.archive import read_files
from pipeline.run.state import Run
from pipeline.sending.clients import failing_as
from pipeline.sending.objects import download_folder, split


def fetch_etl(run: Run) -> dict[str, Any]:
    """Puts the Spark job's output into `run.etl`; returns its summary."""
    with failing_as("etl"):
        download_folder(run.clients.s3, f"{run.plan.root}/etl", run.etl)
    summary: dict[str, Any] = json.loads((run.etl / "summary.json").read_text(encoding="utf-8"))
    return summary


def fetch_training(run: Run, job: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Puts a training job's archive at `run.trained`; returns what it said of itself, and its hyperparameters."""
    with failing_as("training"):
        described = run.clients.sagemaker.describe_training_job(TrainingJobName=job)
        bucket, key = split(described["ModelArtifacts"]["S3ModelArtifacts"])
        download_folder(run.clients.s3, f"s3://{bucket}/{key.rpartition('/')[0]}", run.trained.parent)
    said = read_files(run.trained.with_name("output.tar.gz"))["metrics.json"]
    return json.loads(said), described["HyperParameters"]
