"""Glue jobs: what a run is to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.aws.service_model import service_model
from pipeline.local import states
from pipeline.local.api.glue.runs import end_runs
from pipeline.local.api.listing import page
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import (
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
    ResourceInUse,
)
from pipeline.local.store import Resource

GLUE = "glue"
# What a job is by now; UpdateJob changes it, the request that created it stays.
DEFINITION = "Definition"
# Glue's own, of its version 5.
_DEFAULTS = {"MaxRetries": 0, "Timeout": 480, "ExecutionProperty": {"MaxConcurrentRuns": 1}, "GlueVersion": "5.0"}
# Those whose Spark is the one of this environment, 3.5.
_VERSIONS = re.compile(r"5\.\d+")
_KIND = states.GLUE_JOB


def find_job(context: Context, name: str) -> Resource:
    """The job; raises EntityNotFoundException."""
    found = context.store.find(_KIND, name)
    if found is None:
        raise EntityNotFoundException(f"Job with name: {name} not found.")
    return found


@operation("CreateJob", GLUE)
def create_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A job that is there already is created again where nothing differs. Raises for what cannot run here, too."""
    name = request["Name"]
    definition = _definition({member: value for member, value in request.items() if member not in ("Name", "Tags")})
    tags = [{"Key": key, "Value": value} for key, value in request.get("Tags", {}).items()]
    try:
        context.store.create(
            _KIND, name, context.arn("job", name, GLUE), {"Name": name}, extra={DEFINITION: definition}, tags=tags
        )
    except ResourceInUse as error:
        if find_job(context, name).extra[DEFINITION] != definition:
            raise IdempotentParameterMismatchException("Job already submitted with different configuration") from error
    return {"Name": name}


@operation("UpdateJob", GLUE)
def update_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The whole definition is another; what the update leaves out is Glue's default."""
    name, update = request["JobName"], request["JobUpdate"]
    find_job(context, name)
    for member in ("Role", "Command"):
        if member not in update:
            raise InvalidInputException(f"{member} must be in JobUpdate, which replaces the whole job")
    context.store.update(_KIND, name, **{DEFINITION: _definition(update)})
    return {"JobName": name}


@operation("GetJob", GLUE)
def get_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The job as it is by now."""
    return {"Job": _described(find_job(context, request["JobName"]))}


@operation("GetJobs", GLUE)
def get_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """All jobs by name."""
    jobs = [_described(job) for job in sorted(context.store.all(_KIND), key=lambda job: job.name)]
    return page(jobs, {"MaxResults": 1000, **request}, "Jobs", "Name")


@operation("DeleteJob", GLUE)
def delete_job(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Its runs end with it. A job that is not there is no error."""
    name = request["JobName"]
    job = context.store.find(_KIND, name)
    if job is not None:
        end_runs(context, job)
        context.store.delete(_KIND, name)
    return {"JobName": name}


def _definition(given: Mapping[str, Any]) -> dict[str, Any]:
    """What Glue keeps of a job; raises InvalidInputException for what it, or this service, cannot run."""
    definition = {**_DEFAULTS, **given}
    command = definition["Command"]
    if command.get("Name") != "glueetl":
        raise InvalidInputException(
            f"The command {command.get('Name')} is not run here: jobs of Spark are, glueetl, with a script in Python"
        )
    if not str(command.get("ScriptLocation", "")).startswith("s3://"):
        raise InvalidInputException("Command.ScriptLocation must be the URI of a script in S3")
    if not _VERSIONS.fullmatch(definition["GlueVersion"]):
        raise InvalidInputException(
            f"Glue {definition['GlueVersion']} is not run here: Glue 5 is, whose Spark is 3.5 (Glue 4.0 has Spark 3.3)"
        )
    if "MaxCapacity" in definition and ("NumberOfWorkers" in definition or "WorkerType" in definition):
        raise InvalidInputException("Please do not set Max Capacity if using Worker Type and Number of Workers.")
    return definition


def _described(job: Resource) -> dict[str, Any]:
    described = {
        **job.extra[DEFINITION],
        "Name": job.name,
        "CreatedOn": job.created,
        "LastModifiedOn": job.modified,
    }
    members = service_model(GLUE).shape_for("Job").members
    return {name: value for name, value in described.items() if name in members}
