"""Runs of Glue jobs: started, told, stopped, and started again where they fail and their job says so."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

from pipeline.aws.service_model import service_model
from pipeline.local import states
from pipeline.local.api.listing import page
from pipeline.local.api.registry import operation
from pipeline.local.context import ACCOUNT, Context
from pipeline.local.errors import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    LocalServiceError,
    ResourceInUse,
)
from pipeline.local.jobs.kinds import JOB_KINDS
from pipeline.local.store import Resource

_GLUE = "glue"
_KIND, _JOB_KIND = states.GLUE_JOB_RUN, states.GLUE_JOB
_PAGE = 200
# What a run may have in its own way.
_OVERRIDES = ("Timeout", "MaxCapacity", "WorkerType", "NumberOfWorkers", "SecurityConfiguration", "ExecutionClass")
# Two that ask at once are counted one after the other.
_STARTING = threading.Lock()


@operation("StartJobRun", _GLUE)
def start_job_run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Starts a run, or, by the id of an earlier one, that one again with its own arguments."""
    with _STARTING:
        job = _job(context, request["JobName"])
        running = [run for run in runs_of(context, job) if not states.is_final(_KIND, run.status)]
        if len(running) >= job.extra["Definition"]["ExecutionProperty"].get("MaxConcurrentRuns", 1):
            raise ConcurrentRunsExceededException(
                f"Concurrent runs exceeded for {job.name}: {', '.join(run.name for run in running)}"
            )
        earlier = _run(context, job, request["JobRunId"]) if "JobRunId" in request else None
        given = request.get("Arguments", earlier.request["Given"] if earlier is not None else {})
        extra = {"PreviousRunId": earlier.name} if earlier is not None else {}
        run = _create(context, job, f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}", _work(job, request, given), extra)
    context.supervisor.submit(run)
    return {"JobRunId": run.name}


@operation("GetJobRun", _GLUE)
def get_job_run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A run as it is by now."""
    job = _job(context, request["JobName"])
    return {"JobRun": _described(_run(context, job, request["RunId"]))}


@operation("GetJobRuns", _GLUE)
def get_job_runs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """All runs of a job, the newest first."""
    runs = [_described(run) for run in reversed(runs_of(context, _job(context, request["JobName"])))]
    return page(runs, {"MaxResults": _PAGE, **request}, "JobRuns", "Id")


@operation("BatchStopJobRun", _GLUE)
def batch_stop_job_run(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Stops runs; what cannot be stopped is told beside those that can."""
    name = request["JobName"]
    stopped: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for run_id in request["JobRunIds"]:
        named = {"JobName": name, "JobRunId": run_id}
        try:
            run = _run(context, _job(context, name), run_id)
        except LocalServiceError as error:
            errors.append({**named, "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": error.message}})
            continue
        if states.is_final(_KIND, run.status):
            told = {"ErrorCode": "InvalidInputException", "ErrorMessage": f"Job run {run_id} is {run.status}."}
            errors.append({**named, "ErrorDetail": told})
            continue
        context.supervisor.stop_job(_KIND, run_id)
        stopped.append(named)
    return {"SuccessfulSubmissions": stopped, "Errors": errors}


def runs_of(context: Context, job: Resource) -> list[Resource]:
    """The runs of a job, the oldest first; not those of a deleted one of its name."""
    return [
        run for run in context.store.all(_KIND) if run.request["JobName"] == job.name and run.created >= job.created
    ]


def end_runs(context: Context, job: Resource) -> None:
    """Stops what runs of a job that is deleted, and forgets the rest."""
    for run in runs_of(context, job):
        if states.is_final(_KIND, run.status):
            context.store.delete(_KIND, run.name)
        else:
            context.supervisor.stop_job(_KIND, run.name)


def run_again(context: Context, run: Resource) -> None:
    """Starts a failed run again, as a run of its own, as often as its job said when it was started."""
    attempt = run.extra.get("Attempt", 0)
    job = context.store.find(_JOB_KIND, run.request["JobName"])
    if run.status != JOB_KINDS[_KIND].words.failed or attempt >= run.request["MaxRetries"] or job is None:
        return
    first = run.name.partition("_attempt_")[0]
    extra = {"Attempt": attempt + 1, "PreviousRunId": run.name}
    try:
        again = _create(context, job, f"{first}_attempt_{attempt + 1}", run.request, extra)
    except ResourceInUse:
        # The service was killed when it had made it, and has brought it back.
        return
    context.supervisor.submit(again)


def _job(context: Context, name: str) -> Resource:
    job = context.store.find(_JOB_KIND, name)
    if job is None:
        raise EntityNotFoundException(f"Failed to find job with name: {name}")
    return job


def _run(context: Context, job: Resource, run_id: str) -> Resource:
    run = context.store.find(_KIND, run_id)
    if run is None or run.request["JobName"] != job.name or run.created < job.created:
        raise EntityNotFoundException(f"Job run {run_id} of job {job.name} not found.")
    return run


def _work(job: Resource, request: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """All that a run is to do, whatever becomes of its job meanwhile."""
    definition = job.extra["Definition"]
    own = {name: request[name] for name in _OVERRIDES if name in request}
    work = {
        **{name: definition[name] for name in (*_OVERRIDES, "Command", "GlueVersion") if name in definition},
        **own,
        "JobName": job.name,
        "Given": given,
        "Arguments": {
            **definition.get("DefaultArguments", {}),
            **given,
            **definition.get("NonOverridableArguments", {}),
        },
        "MaxRetries": definition["MaxRetries"],
    }
    return {**work, "Workers": work.get("NumberOfWorkers", 1)}


def _create(context: Context, job: Resource, run_id: str, work: dict[str, Any], extra: dict[str, Any]) -> Resource:
    region = job.arn.split(":")[3]
    arn = f"arn:aws:glue:{region}:{ACCOUNT}:job/{job.name}/run/{run_id}"
    return context.store.create(_KIND, run_id, arn, work, extra=extra)


def _described(run: Resource) -> dict[str, Any]:
    began, ended = run.extra.get("RunningOn"), run.extra.get("CompletedOn")
    described = {
        **run.request,
        **run.extra,
        "Id": run.name,
        "Attempt": run.extra.get("Attempt", 0),
        "StartedOn": run.created,
        "LastModifiedOn": run.modified,
        "JobRunState": run.status,
        "Arguments": run.request["Given"],
        "ExecutionTime": int((ended or time.time()) - began) if began else 0,
        "PredecessorRuns": [],
        "LogGroupName": JOB_KINDS[_KIND].log_group,
    }
    members = service_model(_GLUE).shape_for("JobRun").members
    return {name: value for name, value in described.items() if name in members and value is not None}
