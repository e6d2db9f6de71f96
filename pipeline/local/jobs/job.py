"""What an executor gets of a job, and how it says that the job failed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.local.errors import JobFailure
from pipeline.local.images import Images
from pipeline.local.objects import Objects
from pipeline.local.tuning.training_jobs import TrainingJobs

__all__ = ["Executor", "Job", "JobFailure"]


@dataclass
class Job:
    """One job that runs.

    `kind` is the resource's kind (see states.py), `request` the request that created it, `folder` an empty work
    folder that is deleted afterwards. `log` takes (instance number from 1, line); `update` merges fields into the
    job's description (`update(SecondaryStatus="Downloading")`). `stopping` is set when the job is to end early: by
    Stop*Job, by its run-time limit, or because the service ends. `environment` is for child processes: the whole
    environment of one, with AWS_ENDPOINT_URL, a region and credentials that reach this service. `images` are the
    container images that the service knows, `training_jobs` its training jobs, for a job that starts some. `log_error`
    is for what programs say on stderr, where the job's service keeps that apart.
    """

    kind: str
    name: str
    request: dict[str, Any]
    folder: Path
    objects: Objects
    log: Callable[[int, str], None]
    stopping: threading.Event
    update: Callable[..., None]
    environment: dict[str, str]
    images: Images = field(default_factory=Images)
    training_jobs: TrainingJobs | None = None
    log_error: Callable[[int, str], None] | None = None


# Does the job's work and returns fields for its final description; raises JobFailure. Outputs are uploaded last:
# a job that fails or is stopped leaves none but those that its request has uploaded continuously.
Executor = Callable[[Job], dict[str, Any]]
