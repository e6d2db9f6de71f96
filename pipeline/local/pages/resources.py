"""What several pages ask of a resource."""

from __future__ import annotations

import time

from pipeline.local import states
from pipeline.local.jobs.kinds import JOB_KINDS
from pipeline.local.store import Resource

# The members in which kinds of jobs keep when they began and ended.
TIMES = tuple(sorted({member for kind in JOB_KINDS.values() for member in (kind.start_time, kind.end_time)} - {""}))


def title_of(job: Resource) -> str:
    """What people call it: a run of Glue's by its job, for its own name is long and says nothing."""
    return str(job.request["JobName"]) if job.kind == states.GLUE_JOB_RUN else job.name


def seconds_of(job: Resource) -> float | None:
    """How long a job has run, until now where it still does; None for one that has not begun."""
    started, ended = times_of(job)
    return None if started is None else (ended or time.time()) - started


def times_of(job: Resource) -> tuple[float | None, float | None]:
    """When a job began and ended, so far; a tuning job begins when it is made."""
    kind = JOB_KINDS[job.kind]
    started = job.extra.get(kind.start_time) if kind.start_time else job.created
    return started, job.extra.get(kind.end_time)
