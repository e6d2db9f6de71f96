"""A Spark session for benchmarks, on all cores."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.java import java_environment


@contextmanager
def spark_session() -> Iterator[Any]:
    """Spark on this machine, stopped at the end."""
    from pyspark.sql import SparkSession

    os.environ |= {
        **java_environment(),
        # Stages in Python run in this environment, not in the PATH's.
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "localhost",
    }
    builder = SparkSession.builder.master("local[*]").config("spark.ui.enabled", "false")
    session = (
        builder.config("spark.driver.memory", "4g")
        .config("spark.log.level", "ERROR")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    try:
        yield session
    finally:
        session.stop()
