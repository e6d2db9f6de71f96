"""Training jobs."""

from __future__ import annotations

import time
from typing import Any

from pipeline.local import states
from pipeline.local.api.jobs import register_job
from pipeline.local.context import Context
from pipeline.local.errors import ValidationException
from pipeline.local.jobs.secondary import advance
from pipeline.local.store import Resource


def _prepare(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    image = request["AlgorithmSpecification"].get("TrainingImage")
    if image is None:
        raise ValidationException("AlgorithmSpecification names no TrainingImage: algorithms are not resolved here")
    context.images.resolve(image, "training")
    output = request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    artifacts = f"{output}/{request['TrainingJobName']}/output/model.tar.gz"
    return {"ModelArtifacts": {"S3ModelArtifacts": artifacts}, **advance({}, "Starting", time.time())}


def _times(context: Context, resource: Resource) -> dict[str, Any]:
    """How long it trained; what a machine of one's own bills."""
    start, end = resource.extra.get("TrainingStartTime"), resource.extra.get("TrainingEndTime")
    if start is None or end is None:
        return {}
    seconds = max(1, round(end - start))
    return {"TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}


FAMILY = register_job(states.TRAINING_JOB, _prepare, descending=False, more=_times)
