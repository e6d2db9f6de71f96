"""Processing jobs: the managed Spark image's contract, kept by a real spark-submit of this environment's Spark.

/opt/ml is the job's folder here, in arguments and options; S3 URIs among them are local folders as well. Outputs are
uploaded when the program has ended well, and not at all otherwise. With several instances the program runs on a Spark
standalone cluster of that many workers.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pipeline.local.errors import REASON_CHARACTERS
from pipeline.local.jobs.container_paths import local_path, localize
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.outputs import published
from pipeline.local.jobs.processes import Child, Group, ProcessFailure
from pipeline.local.jobs.s3_arguments import S3Arguments, is_checksum
from pipeline.local.jobs.spark_cluster import Cluster
from pipeline.local.jobs.spark_failure import spark_failure
from pipeline.local.jobs.spark_options import Submission, expand_lists, read_configuration, read_submission
from pipeline.spark.environment import driver_java_options, memory, settings, spark_environment, spark_home

_CONFIGURATION = "/opt/ml/processing/input/conf/configuration.json"
_MESSAGE = "/opt/ml/output/message"


def run_processing(job: Job) -> dict[str, Any]:
    """Runs a processing job; returns its ExitMessage, where the program wrote one. Raises JobFailure."""
    outputs = _outputs(job)
    uris = S3Arguments(job.folder / "s3", job.objects)
    submission = read_submission(
        job.request["AppSpecification"], lambda text: localize(job.folder, uris.localize(text))
    )
    size = _download(job, uris)
    for folder, _ in outputs:
        folder.mkdir(parents=True, exist_ok=True)
    message = local_path(job.folder, _MESSAGE)
    message.parent.mkdir(parents=True)
    try:
        _submit(job, submission, size)
    except ProcessFailure as failure:
        told = spark_failure(failure)
        job.update(ExitMessage=told.message)
        raise told from failure
    files = [pair for folder, uri in outputs for pair in _files(folder, uri)]
    with published(job, [uri for _, uri in files] + uris.new()):
        uris.upload()
        for path, uri in files:
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


def _outputs(job: Job) -> list[tuple[Path, str]]:
    """Folders and the URIs that they go to; raises JobFailure for what could not be uploaded in the end."""
    outputs = []
    for entry in job.request.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if entry.get("AppManaged"):
            continue
        target = entry.get("S3Output")
        if target is None:
            raise JobFailure(f"ClientError: output {entry['OutputName']}: only S3Output is supported here")
        job.objects.require_bucket(target["S3Uri"])
        outputs.append((local_path(job.folder, target["LocalPath"]), target["S3Uri"]))
    return outputs


def _files(folder: Path, uri: str) -> list[tuple[Path, str]]:
    """The files of an output and the objects that they become."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not is_checksum(path))
    return [(path, f"{uri.rstrip('/')}/{path.relative_to(folder).as_posix()}") for path in files]


def _submit(job: Job, submission: Submission, size: int) -> None:
    """Runs the program, on a cluster where the request asks for several instances."""
    if not Path(submission.program).exists():
        raise JobFailure(f"CustomerError: there is no program at {submission.program}")
    configuration = read_configuration(local_path(job.folder, _CONFIGURATION), lambda text: localize(job.folder, text))
    for name in configuration.ignored:
        job.log(1, f"configuration.json: {name} has no meaning on this machine")
    environment = {
        **job.environment,
        **configuration.environment,
        **job.request.get("Environment", {}),
        **{name: value for name, value in job.environment.items() if name.startswith("AWS_")},
        **spark_environment(job.folder),
    }
    instances = job.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    with Group(job) as group, driver_java_options(job.folder, size, configuration.settings) as java_options:
        cluster = Cluster(group, job, environment, instances) if instances > 1 else None
        master = cluster.start() if cluster is not None else "local[*]"
        chosen = {
            **settings(
                job.folder,
                cores=instances * (cluster.cores if cluster is not None else 1),
                size=size,
                driver_memory=memory(1),
            ),
            **(cluster.settings() if cluster is not None else {}),
            **configuration.settings,
            **_event_logs(job, submission),
            "spark.driver.extraJavaOptions": java_options,
        }
        command = [str(spark_home() / "bin" / "spark-submit"), "--master", master]
        for name, value in chosen.items():
            command += ["--conf", f"{name}={value}"]
        for name, value in expand_lists(submission.options).items():
            command += [name, value]
        command += ["--verbose"] if submission.verbose else []
        command += [submission.program, *submission.arguments]
        with cluster.executor_logs() if cluster is not None else nullcontext():
            driver = group.start(Child(command, environment, job.folder, name="Spark's driver"))
            group.wait([driver])


def _event_logs(job: Job, submission: Submission) -> dict[str, str]:
    """Spark's event log, where the request has a place for it."""
    place = submission.event_logs_folder or submission.event_logs_uri
    if place is None:
        return {}
    folder = Path(place)
    folder.mkdir(parents=True, exist_ok=True)
    return {"spark.eventLog.enabled": "true", "spark.eventLog.dir": folder.absolute().as_uri()}
