"""MLeap's jars: pinned coordinates, each file held to a SHA-256 lock, fetched once into a cache folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.cache import cache_folder
from pipeline.errors import RequirementError

# Connections that stall end much sooner; this bounds a download that crawls.
FETCH_SECONDS = 900


@dataclass(frozen=True)
class Coordinate:
    """A Maven coordinate; `name` is also its folder's and its lock's."""

    organisation: str
    artifact: str
    version: str

    @property
    def name(self) -> str:
        """`artifact-version`."""
        return f"{self.artifact}-{self.version}"

    def __str__(self) -> str:
        return f"{self.organisation}:{self.artifact}:{self.version}"


# The engine inside AWS's SparkML serving image.
RUNTIME = Coordinate("ml.combust.mleap", "mleap-runtime_2.12", "0.20.0")
SERIALIZER = Coordinate("ml.combust.mleap", "mleap-spark_2.12", "0.16.0")


def resolve(coordinate: Coordinate) -> list[Path]:
    """The jars of one artifact and all it depends on, in the lock's order, each checked against the lock.

    They come from `$INFERENCE_PIPELINE_JARS/<artifact>-<version>/` where that variable is set, else from the
    cache, else over the network into the cache. Raises RequirementError where they cannot be had or differ.
    """
    if given := os.environ.get("INFERENCE_PIPELINE_JARS"):
        return _checked(Path(given) / coordinate.name, coordinate)
    folder = cache_folder("jars", coordinate.name)
    if not folder.is_dir():
        _fetch_into(folder, coordinate)
    return _checked(folder, coordinate)


def spark_jars_folder() -> Path:
    """Where the Spark that pyspark starts keeps its jars; raises RequirementError without pyspark."""
    if home := os.environ.get("SPARK_HOME"):
        return Path(home) / "jars"
    try:
        import pyspark
    except ImportError as error:
        raise RequirementError("pyspark is not installed", hint="install the extra `spark`") from error
    return Path(pyspark.__file__).parent / "jars"


def _lock(coordinate: Coordinate) -> dict[str, str]:
    """SHA-256 by file name; the lock is a file for `sha256sum --check`."""
    text = Path(__file__).with_name(f"{coordinate.name}.lock").read_text("utf-8")
    return {name: digest for digest, name in (line.split() for line in text.splitlines())}


def _checked(folder: Path, coordinate: Coordinate) -> list[Path]:
    lock = _lock(coordinate)
    missing = [name for name in lock if not (folder / name).is_file()]
    if missing:
        raise RequirementError(
            f"{folder} lacks {len(missing)} of the {len(lock)} jars of {coordinate}, {missing[0]} first",
            hint="delete the folder to fetch them again, or fill it with the artifact and its dependencies",
        )
    for name, expected in lock.items():
        with (folder / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise RequirementError(
                f"{folder / name} has SHA-256 {found}, its lock says {expected}",
                hint="delete the folder to fetch it again; if it differs again, do not trust its source",
            )
    return [folder / name for name in lock]


def _fetch_into(folder: Path, coordinate: Coordinate) -> None:
    """Make the folder whole or not at all; of two processes at once, the second finds the first's."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequirementError(
            f"MLeap's jars cannot be kept in {folder.parent}: {error.strerror}",
            hint="set XDG_CACHE_HOME to a folder that can be written, or put them into $INFERENCE_PIPELINE_JARS",
        ) from error
    with tempfile.TemporaryDirectory(prefix=f".{coordinate.name}-", dir=folder.parent) as staging:
        _fetch(coordinate, staging)
        jars = Path(staging) / "jars"
        kept = {path.name for path in _checked(jars, coordinate)}
        for path in jars.iterdir():
            if path.name not in kept:
                path.unlink()  # documentation, which Maven metadata calls a jar too
        try:
            jars.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def _fetch(coordinate: Coordinate, folder: str) -> None:
    arguments = [coordinate.organisation, coordinate.artifact, coordinate.version, folder]
    hint = (
        "check the network and HTTPS_PROXY, or put the jars into "
        f"$INFERENCE_PIPELINE_JARS/{coordinate.name}/ (see {coordinate.name}.lock)"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pipeline.mleap.fetch", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RequirementError(f"{coordinate} was not fetched in {FETCH_SECONDS} s", hint=hint) from error
    if done.returncode:
        raise RequirementError(f"{coordinate} could not be fetched: {_reason(done.stdout)}", hint=hint)


def _reason(log: str) -> str:
    """The telling line of Ivy's log, or of a Python traceback: the last that names an exception."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if "Exception" in line or "Error" in line or "not found" in line]
    return (telling or lines or ["no reason was given"])[-1]
