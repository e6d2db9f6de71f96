"""What several pages ask of a resource."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.local.jobs.kinds import JOB_KINDS
from pipeline.local.store import Resource


def newest(resources: Iterable[Resource]) -> list[Resource]:
    """The newest first."""
    return sorted(resources, key=lambda resource: (resource.created, resource.name), reverse=True)


def seconds_of(job: Resource) -> float | None:
    """How long a job has run, until now where it still does; None for one that has not begun."""
    started, ended = times_of(job)
    return None if started is None else (ended or time.time()) - started


def times_of(job: Resource) -> tuple[float | None, float | None]:
    """When a job began and ended, so far; a tuning job begins when it is made."""
    kind = JOB_KINDS[job.kind]
    started = job.extra.get(kind.start_time) if kind.start_time else job.created
    return started, job.extra.get(kind.end_time)


def containers_of(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The containers of a CreateModel request, in order."""
    return list(request.get("Containers") or filter(None, [request.get("PrimaryContainer")]))
