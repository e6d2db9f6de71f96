"""Processing jobs: the managed Spark image's contract, kept by a real spark-submit of this environment's Spark.

/opt/ml is the job's folder here, in arguments and options; S3 URIs among them are local folders as well. Outputs are
uploaded when the program has ended well, and not at all otherwise, but for those that are uploaded continuously: they
are there however it ends. With several instances the program runs on a Spark standalone cluster of that many workers.
An image that is mapped to python has its own command run.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.local.errors import REASON_CHARACTERS
from pipeline.local.images import PYTHON
from pipeline.local.jobs.command import run_command
from pipeline.local.jobs.container_paths import local_path, localize
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.outputs import publish, published
from pipeline.local.jobs.processes import ProcessFailure
from pipeline.local.jobs.s3_arguments import S3Arguments, is_checksum
from pipeline.local.jobs.spark_failure import spark_failure
from pipeline.local.jobs.spark_options import Submission, read_configuration, read_submission
from pipeline.local.jobs.spark_submit import Program, spark_submit

_CONFIGURATION = "/opt/ml/processing/input/conf/configuration.json"
_MESSAGE = "/opt/ml/output/message"


def run_processing(job: Job) -> dict[str, Any]:
    """Runs a processing job; returns its ExitMessage, where the program wrote one. Raises JobFailure."""
    outputs = _outputs(job)
    uris = S3Arguments(job.folder / "s3", job.objects)
    specification = job.request["AppSpecification"]
    submission = None
    if job.images.resolve(specification["ImageUri"], "processing") != PYTHON:
        submission = read_submission(specification, lambda text: localize(job.folder, uris.localize(text)))
    size = _download(job, uris)
    for output in outputs:
        output.folder.mkdir(parents=True, exist_ok=True)
    message = local_path(job.folder, _MESSAGE)
    message.parent.mkdir(parents=True)
    try:
        _run(job, submission, size)
    except JobFailure:
        # Why the program failed is told, whatever becomes of this.
        with suppress(JobFailure):
            publish(job, _files(output for output in outputs if output.is_continuous))
        raise
    files = _files(outputs)
    with published(job, [*files, *uris.new()]):
        uris.upload()
        for uri, path in files.items():
            job.objects.upload(path, uri)
    if message.exists():
        return {"ExitMessage": message.read_text(encoding="utf-8", errors="replace")[:REASON_CHARACTERS]}
    return {}


def _download(job: Job, uris: S3Arguments) -> int:
    """Puts the inputs where the container would find them; returns how many bytes the program may read."""
    size = 0
    for entry in job.request.get("ProcessingInputs", ()):
        if entry.get("AppManaged"):
            continue
        source = entry.get("S3Input")
        if source is None:
            raise JobFailure(f"ClientError: input {entry['InputName']}: only S3Input is supported here")
        if source.get("S3InputMode", "File") != "File":
            raise JobFailure(f"ClientError: input {entry['InputName']}: the Spark image reads in File mode only")
        folder = local_path(job.folder, source["LocalPath"])
        paths = job.objects.download(source["S3Uri"], folder, data_type=source.get("S3DataType", "S3Prefix"))
        size += sum(path.stat().st_size for path in paths)
    uris.download()
    return size + uris.size()


class _Output(NamedTuple):
    """A folder and the URI that it goes to."""

    folder: Path
    uri: str
    is_continuous: bool


def _outputs(job: Job) -> list[_Output]:
    """The outputs; raises JobFailure for what could not be uploaded in the end."""
    outputs = []
    for entry in job.request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if entry.get("AppManaged"):
            continue
        target = entry.get("S3Output")
        if target is None:
            raise JobFailure(f"ClientError: output {entry['OutputName']}: only S3Output is supported here")
        job.objects.require_bucket(target["S3Uri"])
        folder = local_path(job.folder, target["LocalPath"])
        outputs.append(_Output(folder, target["S3Uri"], target["S3UploadMode"] == "Continuous"))
    return outputs


def _files(outputs: Iterable[_Output]) -> dict[str, Path]:
    """The objects that outputs become, and their files."""
    return {
        f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}": path
        for folder, uri, _ in outputs
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not is_checksum(path)
    }


def _run(job: Job, submission: Submission | None, size: int) -> None:
    """Runs the program; where it fails, its reason is the ExitMessage, too. Raises JobFailure."""
    try:
        if submission is None:
            run_command(job)
        else:
            _submit(job, submission, size)
    except ProcessFailure as failure:
        told = spark_failure(failure)
        job.update(ExitMessage=told.message)
        raise told from failure


def _submit(job: Job, submission: Submission, size: int) -> None:
    """Runs the program, on a cluster where the request asks for several instances."""
    if not Path(submission.program).exists():
        raise JobFailure(f"CustomerError: there is no program at {submission.program}")
    configuration = read_configuration(local_path(job.folder, _CONFIGURATION), lambda text: localize(job.folder, text))
    for name in configuration.ignored:
        job.log(1, f"configuration.json: {name} has no meaning on this machine")
    program = Program(
        submission.program,
        submission.arguments,
        submission.options,
        {**configuration.settings, **_event_logs(job, submission)},
        {**configuration.environment, **job.request.get("Environment", {})},
        submission.verbose,
    )
    workers = job.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    spark_submit(job, program, workers=workers, size=size)


def _event_logs(job: Job, submission: Submission) -> dict[str, str]:
    """Spark's event log, where the request has a place for it."""
    place = submission.event_logs_folder or submission.event_logs_uri
    if place is None:
        return {}
    folder = Path(place)
    folder.mkdir(parents=True, exist_ok=True)
    return {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.absolute().as_uri()}
