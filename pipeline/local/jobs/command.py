"""The command of a processing job, where its image is mapped to python: a process with this environment's Python."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipeline.local.jobs.container_paths import localize
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.processes import Child, run_processes


def run_command(job: Job) -> None:
    """Runs ContainerEntrypoint with ContainerArguments; /opt/ml in them and in variables is the job's folder.

    Raises JobFailure, ProcessFailure.
    """
    specification = job.request["AppSpecification"]
    words = [*specification.get("ContainerEntrypoint", ()), *specification.get("ContainerArguments", ())]
    if not words:
        raise JobFailure("ClientError: ContainerEntrypoint is missing", hint="nothing is known here of the image's own")
    if job.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] > 1:
        raise JobFailure("ClientError: a command runs on one instance here")
    variables = {name: localize(job.folder, value) for name, value in job.request.get("Environment", {}).items()}
    environment = {
        **job.environment,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), job.environment.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        **variables,
        # The way to AWS is this service.
        **{name: value for name, value in job.environment.items() if name.startswith("AWS_")},
    }
    command = [localize(job.folder, word) for word in words]
    run_processes([Child(command, environment, job.folder, name="the command")], job)
