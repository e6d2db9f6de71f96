"""The processing step: the Spark job under a real spark-submit."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from pipeline.config.model import PipelineConfig
from pipeline.java import java_environment, java_home
from pipeline.packaging.py_files import spark_jobs_folder, write_py_files
from pipeline.plan.job_arguments import job_arguments
from pipeline.run.process import OnLine, run_process
from pipeline.spark.class_data import ClassData
from pipeline.spark.environment import SMALL_BYTES, settings, spark_home

SAID = "preprocess: "


def run_etl(
    config: PipelineConfig, folder: Path, source: Path, *, work: Path, log: Path, on_line: OnLine | None = None
) -> dict[str, Any]:
    """Runs the job on this machine and returns its summary."""
    output = work / "etl"
    zipped = write_py_files(work / "py-files.zip", folder)
    home, size = spark_home(), _size(source)
    chosen = settings(work, cores=os.cpu_count() or 2, size=size, driver_memory=_driver_memory())
    class_data = ClassData(java_home())
    java_options = list(class_data.options)
    if size < SMALL_BYTES:
        java_options.append("-XX:TieredStopAtLevel=1")
    if config.features.serializer == "mleap":
        from pipeline.mleap.serializer import serializer_settings

        own = serializer_settings(work)
        java_options.append(own.pop("spark.driver.extraJavaOptions", ""))
        chosen |= own
    chosen["spark.driver.extraJavaOptions"] = " ".join(filter(None, java_options))
    command = [str(home / "bin" / "spark-submit"), "--master", "local[*]"]
    for name, value in chosen.items():
        command += ["--conf", f"{name}={value}"]
    command += ["--py-files", str(zipped), str(spark_jobs_folder() / "preprocess.py")]
    command += job_arguments(
        config, source=_literal(source.absolute()), schema=config.data.schema_file, output=str(output)
    )
    environment = {
        **java_environment(),
        "SPARK_HOME": str(home),
        "PYSPARK_PYTHON": sys.executable,
        # A look-up of the machine's own name may hang where there is no network.
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
    }
    with class_data.gathering():
        run_process("etl", command, log, environment=environment, on_line=on_line)
    zipped.unlink()
    summary: dict[str, Any] = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    return summary


def _literal(path: Path) -> str:
    """The path as Spark reads it, which takes names for patterns."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", str(path))


def _size(source: Path) -> int:
    files = [source] if source.is_file() else source.rglob("*")
    return sum(file.stat().st_size for file in files)


def _driver_memory() -> str:
    """A quarter of the machine's memory, between 1 and 8 GiB."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    return f"{max(1, min(8, total // 4))}g"
