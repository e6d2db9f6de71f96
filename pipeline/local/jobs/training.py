"""Training jobs: the contract of SageMaker's built-in algorithms, kept by this project's own training programs.

Each instance is a process with a folder of its own for /opt/ml. Several train one model by XGBoost's collective.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.local.images import FACTORIZATION_MACHINES, XGBOOST
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.processes import Child, ProcessFailure, run_processes
from pipeline.local.training.artifacts import has_model, upload_artifacts
from pipeline.local.training.channels import fill_channels
from pipeline.local.training.checkpoints import kept_checkpoints
from pipeline.local.training.layout import Instance, make_instances
from pipeline.local.training.metrics import MetricLog
from pipeline.training.hosts.address import RENDEZVOUS

# What stands in for an image.
_PROGRAMS = {XGBOOST: "pipeline.training", FACTORIZATION_MACHINES: "pipeline.factorization"}
_PAUSE = 0.5  # seconds between two updates of the metrics


def run_training(job: Job) -> dict[str, Any]:
    """Runs a training job; returns ModelArtifacts and FinalMetricDataList. Raises JobFailure.

    A job that is stopped keeps the model of the rounds done, where there is one. The program's reason for a failure
    is what it wrote to output/failure.
    """
    job.update(SecondaryStatus="Downloading")
    instances = make_instances(job)
    fill_channels(job, instances)
    metrics = MetricLog(job.request["AlgorithmSpecification"].get("MetricDefinitions", ()))
    with kept_checkpoints(job, instances):
        if not job.stopping.is_set():
            job.update(SecondaryStatus="Training")
            _train(job, instances, metrics)
    fields = metrics.fields()
    if not has_model(instances):
        if job.stopping.is_set():
            return fields
        raise JobFailure("AlgorithmError: the program ended well, but wrote no model")
    if not job.stopping.is_set():
        job.update(SecondaryStatus="Uploading")
    return {"ModelArtifacts": {"S3ModelArtifacts": upload_artifacts(job, instances)}, **fields}


def _train(job: Job, instances: Sequence[Instance], metrics: MetricLog) -> None:
    """Runs the program on every instance, and returns as well when the job is stopped."""
    image = job.images.resolve(job.request["AlgorithmSpecification"]["TrainingImage"], "training")
    children = [
        Child(
            [sys.executable, "-m", _PROGRAMS[image], "--base-dir", str(instance.base)],
            _environment(job, len(instances)),
            instance.base,
            instance.number,
        )
        for instance in instances
    ]
    try:
        run_processes(children, replace(job, log=_Watch(job, metrics)))
    except JobFailure as failure:
        if not job.stopping.is_set():
            was_killed = isinstance(failure, ProcessFailure) and failure.was_killed
            raise (None if was_killed else _failure(instances)) or failure from None


class _Watch:
    """A job's log that reads the metrics as they come, and tells them now and then."""

    def __init__(self, job: Job, metrics: MetricLog) -> None:
        self._job, self._metrics, self._told = job, metrics, time.monotonic()

    def __call__(self, instance: int, line: str) -> None:
        self._job.log(instance, line)
        if self._metrics.read(line) and time.monotonic() > self._told + _PAUSE:
            self._job.update(**self._metrics.fields())
            self._told = time.monotonic()


def _environment(job: Job, instances: int) -> dict[str, str]:
    """The job's own environment reaches the program, but not past this service's AWS."""
    environment = {
        **job.environment,
        **job.request.get("Environment", {}),
        **{name: value for name, value in job.environment.items() if name.startswith("AWS_")},
        "TRAINING_JOB_NAME": job.name,
    }
    if instances > 1:
        environment[RENDEZVOUS] = str(job.folder / "rendezvous")
        # Each would take all cores.
        environment.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // instances)))
    return environment


def _failure(instances: Sequence[Instance]) -> JobFailure | None:
    """The program's own reason; of several that of the instance where it began."""
    reasons = [(instance.name, instance.failure()) for instance in instances if instance.failure()]
    if not reasons:
        return None
    began = [reason for reason in reasons if not reason[1].startswith("another host, ")]
    name, reason = (began or reasons)[0]
    return JobFailure(f"AlgorithmError: {name}: {reason}" if len(instances) > 1 else f"AlgorithmError: {reason}")
