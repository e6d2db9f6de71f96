"""What a training job leaves in S3: the model, and what its program put into output/data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.bundle.pack import write_files
from pipeline.local.jobs.job import Job
from pipeline.local.jobs.outputs import publish
from pipeline.local.training.layout import Instance


def output_uri(job: Job) -> str:
    """Where the job's outputs go."""
    return f"{job.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output"


def has_model(instances: Sequence[Instance]) -> bool:
    """Whether any instance wrote one."""
    return bool(_files(instances, "model"))


def upload_artifacts(job: Job, instances: Sequence[Instance]) -> str:
    """Uploads output and then the model; returns the model's URI.

    Archives, or with CompressionType NONE the files themselves. Of files by one name the first instance's counts.
    """
    uri = output_uri(job)
    compressed = job.request["OutputDataConfig"].get("CompressionType", "GZIP") == "GZIP"
    made: dict[str, Path] = {}
    for name, folder in (("output", "output/data"), ("model", "model")):
        files = _files(instances, folder)
        if files and compressed:
            content = {file: path.read_bytes() for file, path in files.items()}
            made[f"{uri}/{name}.tar.gz"] = write_files(content, job.folder / f"{name}.tar.gz")
        else:
            made |= {f"{uri}/{name}/{file}": path for file, path in files.items()}
    publish(job, made)
    return f"{uri}/model.tar.gz" if compressed else f"{uri}/model/"


def _files(instances: Sequence[Instance], folder: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for instance in instances:
        root = instance.base / folder
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found.setdefault(path.relative_to(root).as_posix(), path)
    return found
