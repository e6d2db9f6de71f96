"""CreateJob and StartJobRun of AWS Glue: the Spark job where the pipeline file has a section `glue`.

The job has all that stays from run to run of the same key, the run all that the script is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.config.glue import Glue
from pipeline.config.section import text
from pipeline.errors import ConfigError
from pipeline.plan.context import Context
from pipeline.plan.job_arguments import job_arguments
from pipeline.plan.processing import NAME, rows_uri
from pipeline.plan.steps import GLUE, Logs, Step, Wait

JOB_NAME = "glue-job"
SCRIPT = "glue_etl.py"
_LOG_GROUP = "/aws-glue/jobs"


def glue_steps(context: Context, glue: Glue) -> Iterator[Step]:
    """The job, or its update where it is there already, and its run, in the place of the processing step."""
    if context.config.features.serializer == "mleap":
        raise ConfigError(
            "features.serializer: mleap needs files on the driver's own disk, which a Glue job has not",
            hint="serializer: native, or leave the section glue out",
        )
    name = context.name("etl")
    definition = _definition(context, glue)
    keys = _keys(context, glue)
    inner = {f"JobUpdate.{path}": key for path, key in keys.items()}
    update = Step(JOB_NAME, "UpdateJob", {"JobName": name, "JobUpdate": definition}, keys=inner, service=GLUE)
    tags = {"Tags": dict(context.settings.tags)} if context.settings.tags else {}
    create = {"Name": name, **definition, **tags}
    yield Step(JOB_NAME, "CreateJob", create, keys=keys, instead=update, service=GLUE)
    run = {"JobName": name, "Arguments": _arguments(context)}
    yield Step(NAME, "StartJobRun", run, _wait(name), context.keys(Arguments="data, features"), service=GLUE)


def _definition(context: Context, glue: Glue) -> dict[str, Any]:
    return {
        **({"Description": context.config.description} if context.config.description else {}),
        "Role": glue.role or context.settings.glue_role or context.settings.role,
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "Command": {"Name": "glueetl", "ScriptLocation": context.places("code", SCRIPT), "PythonVersion": "3"},
        "DefaultArguments": _defaults(context, glue),
        **({"Connections": {"Connections": list(glue.connections)}} if glue.connections else {}),
        "MaxRetries": glue.retries,
        "Timeout": glue.timeout_minutes,
        **({"SecurityConfiguration": glue.security_configuration} if glue.security_configuration else {}),
        "GlueVersion": glue.version,
        "NumberOfWorkers": glue.workers,
        "WorkerType": glue.worker_type,
        "ExecutionClass": glue.execution_class,
    }


def _defaults(context: Context, glue: Glue) -> dict[str, str]:
    """What Glue itself is told. Bookmarks would let a run pass over rows that an earlier one has read."""
    spark = " --conf ".join(f"{name}={text(value)}" for name, value in glue.spark.items())
    return {
        "--job-language": "python",
        "--job-bookmark-option": "job-bookmark-disable",
        "--extra-py-files": context.places("code", "py-files.zip"),
        **({"--conf": spark} if spark else {}),
        **{name: text(value) for name, value in glue.arguments.items()},
    }


def _arguments(context: Context) -> dict[str, str]:
    """The script's arguments as Glue has them: each with a value."""
    places = context.places
    words = job_arguments(
        context.config, source=rows_uri(context), schema=places("input", "schema.json"), output=places.etl
    )
    found: dict[str, str] = {}
    for word, following in zip(words, [*words[1:], "--"], strict=True):
        if word.startswith("--"):
            found[word] = "true" if following.startswith("--") else following
    return found


def _wait(name: str) -> Wait:
    return Wait(
        "GetJobRun",
        {"JobName": name},
        "JobRunState",
        succeeded=("SUCCEEDED",),
        failed=("FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"),
        reason="ErrorMessage",
        from_reply={"RunId": "JobRunId"},
        # What Spark says stands in the one, what its Python says, by the version of Glue, in the one or the other.
        logs=Logs(f"{_LOG_GROUP}/output", "", (f"{_LOG_GROUP}/error",), from_reply="JobRunId"),
        stop="BatchStopJobRun",
        within="JobRun",
        service=GLUE,
    )


def _keys(context: Context, glue: Glue) -> dict[str, str]:
    role = "glue.role" if glue.role else "role"
    return dict(
        context.keys(
            Role="glue.role" if context.settings.glue_role else role,
            Description="description",
            Command__ScriptLocation="prefix",
            DefaultArguments="glue.arguments",
            Connections="glue.connections",
            SecurityConfiguration="glue.security_configuration",
            GlueVersion="glue.version",
        )
    )
