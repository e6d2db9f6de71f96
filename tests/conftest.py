"""What all tests share: real data where it is, one Spark session, small helpers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no failure: how long an example takes says nothing about it. What passed once passes again, where
# nothing changed: other examples each time are for who looks for them, HYPOTHESIS_PROFILE=explore.
settings.register_profile("project", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"


def real_data(name: str) -> Path:
    """A real data set; the test is skipped where it is missing."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the real data set {name} is not at {DATA}")
    return path


@pytest.fixture(scope="session")
def abalone_csv() -> Path:
    return real_data("abalone.csv")


@pytest.fixture(scope="session")
def churn_csv() -> Path:
    return real_data("customer-churn-encoded.csv")


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Spark for all tests of this process."""
    from pyspark.sql import SparkSession

    from pipeline.java import java_environment

    os.environ["JAVA_HOME"] = java_environment()["JAVA_HOME"]
    # Stages in Python run in this environment, not in the PATH's.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["SPARK_LOCAL_HOSTNAME"] = "localhost"
    mleap = _mleap_settings(tmp_path_factory.mktemp("mleap"))
    java_options = f"-XX:TieredStopAtLevel=1 {mleap.pop('spark.driver.extraJavaOptions', '')}"
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.driver.extraJavaOptions", java_options)
        .config(map=mleap)
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    yield session
    session.stop()


def _mleap_settings(folder: Path) -> dict[str, str]:
    """What lets MLeap's own serialiser run in the session; nothing where its jars cannot be had or do not fit."""
    import pyspark

    from pipeline.errors import RequirementError
    from pipeline.mleap.serializer import serializer_settings

    if not pyspark.__version__.startswith("3.5."):
        return {}
    try:
        return serializer_settings(folder)
    except RequirementError:
        return {}
