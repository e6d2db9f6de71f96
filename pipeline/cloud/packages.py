"""What the stacks run: the function's code, what a machine installs, DAGs with all that they import."""

from __future__ import annotations

import gzip
import hashlib
import io
import shlex
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.bundle.pack import write_files
from pipeline.cloud.pipeline_files import pipeline_files
from pipeline.cloud.templates import repository
from pipeline.plan.images import DEPLOYED, table_files

# The outputs of the roles' stack, and the variables by which the DAGs know them.
ROLE_VARIABLES = {
    "ProcessingRoleArn": "SAGEMAKER_PROCESSING_ROLE",
    "TrainingRoleArn": "SAGEMAKER_TRAINING_ROLE",
    "TransformRoleArn": "SAGEMAKER_MODEL_ROLE",
    "GlueRoleArn": "SAGEMAKER_GLUE_ROLE",
}
# What the DAGs import, what their jobs are made of, and the examples' contracts; Airflow looks for no DAGs there.
_PACKAGES = ("pipeline", "spark_jobs", "schemas")
_LEFT_OUT = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache"})


def trigger_code() -> tuple[str, bytes]:
    """Key and content of the function's code: one module, `trigger.py`."""
    module = repository() / "pipeline" / "trigger" / "trigger.py"
    with tempfile.TemporaryDirectory() as folder:
        content = write_files({"trigger.py": module.read_bytes()}, Path(folder) / "trigger.zip").read_bytes()
    return f"code/trigger-{_digest(content)}.zip", content


def machine_archive() -> tuple[str, bytes]:
    """Key and content of what a machine installs Airflow from: install.sh, its files, and the locked requirements."""
    root = repository()
    files = {file.relative_to(root / "cfn" / "airflow").as_posix(): file for file in _files(root / "cfn" / "airflow")}
    files["requirements.txt"] = root / "requirements" / "airflow-machine.txt"
    content = _tar({name: file.read_bytes() for name, file in files.items()})
    return f"code/airflow-machine-{_digest(content)}.tar.gz", content


def managed_requirements() -> bytes:
    """The requirements.txt of managed Airflow."""
    return (repository() / "dags" / "requirements.txt").read_bytes()


def startup_script(variables: Mapping[str, str]) -> bytes:
    """The start-up script of managed Airflow: it sets the variables that the DAGs read."""
    lines = (f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items()))
    return "\n".join(["#!/bin/sh", *lines, ""]).encode()


def dag_files(pipelines: Path | None) -> dict[str, bytes]:
    """The folder of DAGs as Airflow gets it: modules, the packages and tables that they read, and the pipeline files.

    `pipelines` is a folder of pipeline files, or of folders with one each, with all that they need beside them; where
    it is None the files that are there stay as they are. Raises ConfigError, see pipeline_files, and RequirementError.
    """
    root = repository()
    found = {file.relative_to(root / "dags").as_posix(): file for file in _files(root / "dags")}
    for package in _PACKAGES:
        found |= {file.relative_to(root).as_posix(): file for file in _files(root / package)}
    # sagemaker-core, which has them, does not go with managed Airflow.
    found |= {(DEPLOYED / file.name).relative_to(root).as_posix(): file for file in table_files()}
    if pipelines is not None:
        found |= pipeline_files(pipelines, "pipelines", found)
    contents = {name: file.read_bytes() for name, file in found.items()}
    ignored = contents.get(".airflowignore", b"").decode().splitlines()
    contents[".airflowignore"] = "\n".join([*ignored, *(f"{name}/" for name in (*_PACKAGES, "pipelines")), ""]).encode()
    return contents


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not _LEFT_OUT.intersection(file.parts) and file.suffix != ".pyc":
            yield file


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _tar(files: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return gzip.compress(plain.getvalue(), mtime=0)
