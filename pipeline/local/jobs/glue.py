"""Runs of Glue jobs: the script by a real spark-submit of this environment's Spark, from S3 to S3.

URIs among the arguments are local folders meanwhile: what is there is downloaded before, and what the script has
changed is uploaded when it has ended well, and not at all otherwise. Several workers are a Spark standalone cluster.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.local import glue_libs
from pipeline.local.jobs.glue_options import read_options
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.outputs import published
from pipeline.local.jobs.processes import ProcessFailure
from pipeline.local.jobs.s3_arguments import S3Arguments
from pipeline.local.jobs.spark_failure import spark_failure
from pipeline.local.jobs.spark_submit import Program, spark_submit


def run_glue(job: Job) -> dict[str, Any]:
    """Runs a script; raises JobFailure with what the script itself said, in the URIs' own words."""
    uris = S3Arguments(job.folder / "s3", job.objects)
    job = _in_uris(job, uris)
    script = _script(job)
    read = read_options(job.request["Arguments"], uris.localize)
    for ignored in read.ignored:
        job.log(1, f"{ignored} has no meaning on this machine")
    uris.download()
    if read.event_logs is not None:
        folder = Path(read.event_logs)
        folder.mkdir(parents=True, exist_ok=True)
        read.settings |= {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.as_uri()}
    program = Program(
        str(script), [*read.arguments, *_identity(job)], read.options, read.settings, {"PYTHONPATH": _python_path(job)}
    )
    try:
        spark_submit(job, program, workers=job.request["Workers"], size=uris.size())
    except ProcessFailure as failure:
        told = spark_failure(failure)
        message = told.message.removeprefix(f"AlgorithmError: exit code {failure.exit_code}: ")
        raise JobFailure(uris.restore(message), hint=told.hint) from failure
    with published(job, uris.new()):
        uris.upload()
    return {}


def _in_uris(job: Job, uris: S3Arguments) -> Job:
    """The job whose lines name URIs, not the places of their files here."""
    log, log_error = job.log, job.log_error or job.log
    return replace(
        job,
        log=lambda instance, line: log(instance, uris.restore(line)),
        log_error=lambda instance, line: log_error(instance, uris.restore(line)),
    )


def _script(job: Job) -> Path:
    uri = job.request["Command"]["ScriptLocation"]
    if not job.objects.exists(uri):
        raise JobFailure(f"there is no script at {uri}")
    path = job.folder / "script" / PurePosixPath(uri).name
    job.objects.fetch(uri, path)
    return path


def _identity(job: Job) -> list[str]:
    """What Glue itself tells every script."""
    return ["--JOB_NAME", job.request["JobName"], "--JOB_RUN_ID", job.name]


def _python_path(job: Job) -> str:
    """Glue's own modules first."""
    return os.pathsep.join(filter(None, [str(Path(glue_libs.__file__).parent), job.environment.get("PYTHONPATH")]))
