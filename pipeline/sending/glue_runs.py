"""Runs of a Glue job: the one that was begun earlier, and the end of all.

Glue takes every StartJobRun for another run, however alike they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.plan.steps import GLUE, Step
from pipeline.sending.clients import Clients, code_of

_LIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")
# A run in one of these need not be begun again.
_GOOD = ("STARTING", "RUNNING", "WAITING", "SUCCEEDED")
_PAUSE, _LOCAL_PAUSE = 5.0, 0.2
# AWS stops so many by one request.
_AT_ONCE = 25


def begun(clients: Clients, step: Step) -> dict[str, Any] | None:
    """The reply to a StartJobRun that was sent earlier with the same arguments, whose work goes on or is done."""
    wanted = step.request["Arguments"]
    for run in _runs(clients, step.request["JobName"]):
        if run.get("Arguments", {}) == wanted:
            return {"JobRunId": run["Id"]} if run["JobRunState"] in _GOOD else None
    return None


def last_run(clients: Clients, job: str) -> Mapping[str, Any] | None:
    """The description of a job's newest run; None where there is none."""
    return next(_runs(clients, job), None)


def end_runs(clients: Clients, job: str) -> None:
    """Stops all that runs of a job, and waits until it has ended; a job that is not there has nothing to end."""
    glue = clients.of(GLUE)
    live = [run["Id"] for run in _runs(clients, job) if run["JobRunState"] in _LIVE]
    for start in range(0, len(live), _AT_ONCE):
        glue.batch_stop_job_run(JobName=job, JobRunIds=live[start : start + _AT_ONCE])
    while any(run["Id"] in live and run["JobRunState"] in _LIVE for run in _runs(clients, job)):
        clients.pause(_LOCAL_PAUSE if clients.local else _PAUSE)


def is_there(clients: Clients, job: str) -> bool:
    """Whether there is a job of that name, which DeleteJob does not say."""
    from botocore.exceptions import ClientError

    try:
        clients.of(GLUE).get_job(JobName=job)
    except ClientError as error:
        if code_of(error) == "EntityNotFoundException":
            return False
        raise
    return True


def _runs(clients: Clients, job: str) -> Iterator[Mapping[str, Any]]:
    """The newest first."""
    from botocore.exceptions import ClientError

    try:
        for page in clients.of(GLUE).get_paginator("get_job_runs").paginate(JobName=job):
            yield from page["JobRuns"]
    except ClientError as error:
        if code_of(error) != "EntityNotFoundException":
            raise
