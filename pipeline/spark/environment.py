"""The Spark of this environment: its settings, its environment, its command."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import RequirementError
from pipeline.java import java_environment, java_home
from pipeline.spark.class_data import ClassData

LOOPBACK = "127.0.0.1"
# Below this size compiling costs more than it saves: Spark's generated code, and the JVM's second compiler.
SMALL_BYTES = 4 << 20
_GATHERING = threading.Lock()


def spark_home() -> Path:
    """pyspark's folder; raises RequirementError where it is not installed."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise RequirementError("pyspark is not installed", hint="pip install 'inference-pipeline[spark]'")
    return Path(spec.origin).parent


def spark_environment(folder: Path) -> dict[str, str]:
    """The variables that a program of Spark needs, over any others; what it keeps meanwhile is in the folder."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        "JAVA_HOME": java_environment()["JAVA_HOME"],
        "SPARK_HOME": str(spark_home()),
        "PYSPARK_PYTHON": sys.executable,
        # A look-up of the machine's own name may hang where there is no network.
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_HOSTNAME": "localhost",
        "SPARK_LOCAL_DIRS": str(temporary),
        "TMPDIR": str(temporary),
    }


def memory(share: int) -> str:
    """What one of so many processes gets of a quarter of the machine's memory: between 512 MiB and 8 GiB."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return f"{max(512, min(8 << 10, total // 4 // share))}m"


def settings(folder: Path, *, cores: int, size: int) -> dict[str, str]:
    """Spark's settings for a job that works in a folder and reads `size` bytes; $SPARK_DRIVER_MEMORY goes first."""
    chosen = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        # A handful of partitions: data that one machine holds needs no more. All workers are on this one.
        "spark.sql.shuffle.partitions": str(max(2, cores, os.cpu_count() or 1)),
        "spark.driver.memory": os.environ.get("SPARK_DRIVER_MEMORY", memory(1)),
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.log.level": "WARN",
    }
    if size < SMALL_BYTES:
        chosen["spark.sql.codegen.wholeStage"] = "false"
    return chosen


@contextmanager
def driver_java_options(folder: Path, size: int, given: Mapping[str, str]) -> Iterator[str]:
    """The driver's JVM options, with those that the job gives; see ClassData for what they gather.

    Of several jobs at once one gathers: an archive has one writer.
    """
    class_data = ClassData(java_home())
    gathers = _gathers(class_data.options)
    alone = gathers and _GATHERING.acquire(blocking=False)
    options = list(class_data.options) if alone or not gathers else []
    options += _temporary(folder)
    if size < SMALL_BYTES:
        options.append("-XX:TieredStopAtLevel=1")
    own = given.get("spark.driver.extraJavaOptions", "")
    try:
        if alone:
            with class_data.gathering():
                yield " ".join([*options, own]).strip()
        else:
            yield " ".join([*options, own]).strip()
    finally:
        if alone:
            _GATHERING.release()


def daemon_java_options(folder: Path) -> str:
    """JVM options for Spark's master, workers and executors, of which many start at once."""
    options = ClassData(java_home()).options
    return " ".join([*_temporary(folder), *([] if _gathers(options) else options)])


def _temporary(folder: Path) -> list[str]:
    """A JVM does not look at TMPDIR. Spark's scripts split options at blanks."""
    return [f"-Djava.io.tmpdir={folder / 'tmp'}"] if not re.search(r"\s", str(folder)) else []


def _gathers(options: list[str]) -> bool:
    return any(option.startswith("-XX:ArchiveClassesAtExit") for option in options)
