"""A pipeline of tasks as SageMaker's processing jobs, one for each instance of a task."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.config.section import text
from pipeline.config.tasks import Task, TaskFile, TaskPipeline
from pipeline.errors import ConfigError
from pipeline.plan.check import check
from pipeline.plan.context import RunContext
from pipeline.plan.places import PROCESSING
from pipeline.plan.plan import check_key
from pipeline.plan.settings import Settings
from pipeline.plan.steps import Plan, Step, Upload
from pipeline.plan.waits import wait_for
from pipeline.tasks.commands import names_of, numbered
from pipeline.tasks.mounts import moved

_SCRIPT = "task.sh"
# The command is an argument: SageMaker's limit for one is 256 characters. Paths are found from the script's own, for
# the local service has /opt/ml elsewhere. A job cannot upload from where it reads: volumes are copied first.
_PROGRAM = b"""set -e
root=$(cd "$(dirname "$0")/../.." && pwd)
for volume in "$root"/input/volumes/*/; do
    [ -d "$volume" ] || continue
    copy="$root/output/volumes/$(basename "$volume")"
    mkdir -p "$copy"
    cp -R "$volume." "$copy"
done
cd "$root/input/source"
exec /bin/sh -c "$1"
"""
# SageMaker reads no empty folder.
_KEEP = ".keep"
_NAME = 20


@dataclass(frozen=True)
class _TaskContext(RunContext):
    file: TaskFile
    name_of: str

    @property
    def pipeline_of_file(self) -> TaskPipeline:
        return self.file.pipelines[self.name_of]

    def volume(self, name: str) -> str:
        """The URI of a volume, which outlives runs."""
        own = self.file.volumes[name].uri
        parts = (self.settings.bucket, self.settings.prefix, self.file.name, "volumes", name)
        return own.rstrip("/") if own is not None else "s3://" + "/".join(filter(None, parts))


def plan_tasks(
    file: TaskFile, pipeline: str, settings: Settings, run_key: str, *, only: Iterable[str] | None = None
) -> Plan:
    """The plan of one run of a pipeline, or of the tasks that `only` names; nothing is sent.

    Steps have their tasks' names, with a number behind where a task has several instances. Every request satisfies
    AWS's constraints. Raises ConfigError, with the key that is at fault where there is one.
    """
    check_key(run_key)
    context = _TaskContext(pipeline, settings, run_key, file, pipeline)
    chosen = None if only is None else frozenset(only)
    numbered_tasks = [
        (number, task)
        for number, task in enumerate(file.pipelines[pipeline].tasks)
        if chosen is None or task.name in chosen
    ]
    tasks = [task for _, task in numbered_tasks]
    return Plan(
        pipeline=pipeline,
        run_key=run_key,
        region=settings.region,
        root=context.places.root,
        uploads=tuple(_uploads(context, tasks)),
        steps=tuple(check(step) for number, task in numbered_tasks for step in _steps(context, number, task)),
    )


def tasks_key(path: Path, file: TaskFile) -> str:
    """A run key made of the file and the folders of its images: the same as long as they are the same."""
    digest = hashlib.sha256(path.read_bytes())
    without = [Path(volume.folder) for volume in file.volumes.values()]
    for image in file.images.values():
        for found in _files(Path(image.source), without):
            digest.update(b"\0" + found.read_bytes())
    return digest.hexdigest()[:8]


def _steps(context: _TaskContext, number: int, task: Task) -> Iterator[Step]:
    for instance, step in enumerate(names_of(task)):
        # The numbers keep one job's name from being the beginning of another's.
        name = context.name(f"{number:02d}-{instance:02d}-{_plain(task.name)}")
        request = _request(context, task, name, instance)
        yield Step(
            step, "CreateProcessingJob", request, wait_for("CreateProcessingJob", name), _keys(context, number, task)
        )


def _request(context: _TaskContext, task: Task, name: str, instance: int) -> dict[str, Any]:
    file, settings, section = context.file, context.settings, context.file.sagemaker
    executor = file.executor_of(context.pipeline_of_file, task)
    uri = file.images[task.image].uri
    if uri is None:
        raise ConfigError(
            f"images.{task.image}.uri is missing: a job is started from an image",
            hint="AWS's own scikit-learn image will do for much, or one that you have pushed to ECR",
        )
    paths = {path: f"{PROCESSING}/output/volumes/{volume}" for volume, path in task.mounts.items()}
    variables = {key: moved(text(value), paths) for key, value in task.env.items()}
    minutes = min(task.timeout_minutes or math.inf, context.pipeline_of_file.timeout_minutes)
    return {
        "ProcessingJobName": name,
        "AppSpecification": {
            "ImageUri": uri,
            "ContainerEntrypoint": ["/bin/sh", f"{PROCESSING}/input/task/{_SCRIPT}"],
            "ContainerArguments": [moved(task.cmd, paths)],
        },
        "Environment": {**variables, **numbered(instance, task.instances)},
        "ProcessingInputs": [
            _input("task", context.places("code", "task", ""), "task"),
            _input("source", _source_uri(context, task.image, ""), "source"),
            *(_input(f"volume-{volume}", f"{context.volume(volume)}/", f"volumes/{volume}") for volume in task.mounts),
        ],
        "ProcessingOutputConfig": {
            "Outputs": [_output(context, volume) for volume in task.mounts],
            **context.encrypted(),
        },
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": executor.instance_type or settings.processing_instance_type,
                "VolumeSizeInGB": executor.volume_size or settings.processing_volume_size,
                **context.encrypted("VolumeKmsKeyId"),
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": math.ceil(60 * minutes)},
        "RoleArn": settings.processing_role or settings.role,
        "NetworkConfig": {
            "EnableInterContainerTrafficEncryption": section.encrypt_traffic,
            "EnableNetworkIsolation": section.network_isolation,
            **context.vpc,
        },
        **context.tags,
    }


def _input(name: str, uri: str, folder: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{PROCESSING}/input/{folder}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def _output(context: _TaskContext, volume: str) -> dict[str, Any]:
    return {
        "OutputName": f"volume-{volume}",
        "S3Output": {
            "S3Uri": context.volume(volume),
            "LocalPath": f"{PROCESSING}/output/volumes/{volume}",
            "S3UploadMode": "EndOfJob",
        },
    }


def _keys(context: _TaskContext, number: int, task: Task) -> Any:
    place = f"pipelines.{context.name_of}.tasks.{number}"
    executor = context.file.executor_of(context.pipeline_of_file, task)
    own = f"executors.{task.executor or context.pipeline_of_file.executor}"
    cluster = "ProcessingResources__ClusterConfig__"
    return context.keys(
        **{
            "AppSpecification__ImageUri": f"{place}.image",
            "AppSpecification__ContainerArguments": f"{place}.cmd",
            "Environment": f"{place}.env",
            "ProcessingInputs": f"{place}.mounts",
            "ProcessingOutputConfig__Outputs": f"{place}.mounts",
            "ProcessingOutputConfig__KmsKeyId": "kms_key",
            "NetworkConfig__VpcConfig__Subnets": "vpc.subnets",
            "NetworkConfig__VpcConfig__SecurityGroupIds": "vpc.security_groups",
            "StoppingCondition": f"{place}.timeout_minutes",
            f"{cluster}InstanceType": f"{own if executor.instance_type else 'processing'}.instance_type",
            f"{cluster}VolumeSizeInGB": f"{own if executor.volume_size else 'processing'}.volume_size",
            f"{cluster}VolumeKmsKeyId": "kms_key",
            **({"RoleArn": "processing.role"} if context.settings.processing_role else {}),
        }
    )


def _uploads(context: _TaskContext, tasks: Iterable[Task]) -> Iterator[Upload]:
    tasks = list(tasks)
    yield Upload(context.places("code", "task", _SCRIPT), content=_PROGRAM)
    for image in dict.fromkeys(task.image for task in tasks):
        source = Path(context.file.images[image].source)
        if not source.is_dir():
            raise ConfigError(f"images.{image}.source: there is no folder {source}")
        yield Upload(_source_uri(context, image, _KEEP), content=b"")
        for path in _files(source, [Path(volume.folder) for volume in context.file.volumes.values()]):
            yield Upload(_source_uri(context, image, path.relative_to(source).as_posix()), path)
    for volume in dict.fromkeys(volume for task in tasks for volume in task.mounts):
        yield Upload(f"{context.volume(volume)}/{_KEEP}", content=b"")


def _source_uri(context: _TaskContext, image: str, path: str) -> str:
    # Names of images have slashes and colons; their order does not change within a file.
    number = list(context.file.images).index(image)
    return context.places("code", f"source-{number}", path)


def _files(source: Path, without: list[Path]) -> Iterator[Path]:
    """The files of a folder that are code or data: nothing hidden, compiled or of a volume."""
    for path in sorted(source.rglob("*")):
        parts = path.relative_to(source).parts
        left_out = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not left_out and not any(path.is_relative_to(folder) for folder in without):
            yield path


def _plain(name: str) -> str:
    return "".join(character if character.isalnum() else "-" for character in name)[:_NAME].strip("-")
