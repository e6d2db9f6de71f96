"""Hyper-parameter tuning jobs: training jobs of the service itself, one choice of hyperparameters after the other."""

from __future__ import annotations

from typing import Any

from pipeline.local.errors import ValidationException
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.tuning.loop import Tuning
from pipeline.local.tuning.requests import TuningRequest


def check_tuning(request: dict[str, Any]) -> None:
    """Raises ValidationException for a CreateHyperParameterTuningJob request that contradicts itself."""
    TuningRequest(request)


def run_tuning(job: Job) -> dict[str, Any]:
    """Runs a tuning job; returns the last counters and the best training job. Raises JobFailure.

    A job that runs again, after the service was killed, goes on with the training jobs that it had started. When it
    is stopped, or a limit or a completion criterion is reached, it stops the training jobs that still run.
    """
    try:
        request = TuningRequest(job.request)
    except ValidationException as error:
        raise JobFailure(f"ClientError: {error}") from error
    assert job.training_jobs is not None  # noqa: S101 - the supervisor gives them
    return Tuning(job, request, job.training_jobs).run()
