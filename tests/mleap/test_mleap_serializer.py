"""MLeap's own serialiser in a Spark session, and its complaints."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import RequirementError
from pipeline.java import java_environment
from pipeline.mleap.serializer import serializer_settings

pytestmark = pytest.mark.mleap


def test_a_bundle_is_of_the_serialiser_s_own_version(mleap_spark: Path) -> None:
    with zipfile.ZipFile(mleap_spark / "abalone.zip") as archive:
        assert json.loads(archive.read("bundle.json"))["version"] == "0.16.0"
        assert "root/node.json" in archive.namelist()


def test_a_stage_mleap_cannot_write_leaves_the_target_alone(mleap_spark: Path) -> None:
    complaint = (mleap_spark / "refused.txt").read_text("utf-8")
    assert "MLeap 0.16.0 cannot write this pipeline" in complaint
    assert "inputCols" in complaint
    assert (mleap_spark / "refused.zip").read_bytes() == b"as it was"


def test_nothing_else_is_left_behind(mleap_spark: Path) -> None:
    names = {path.name for path in mleap_spark.iterdir()}
    made = {f"{name}{end}" for name in ("abalone", "types") for end in (".zip", "-input.parquet", "-output.parquet")}
    assert names == made | {"strict.zip", "refused.zip", "refused.txt", "mleap-registry.conf"}


def test_jars_that_spark_ships_are_left_out(tmp_path: Path) -> None:
    try:
        settings = serializer_settings(tmp_path)
    except RequirementError as error:
        pytest.skip(str(error))
    names = [Path(jar).name for jar in settings["spark.jars"].split(",")]
    assert "mleap-spark_2.12-0.16.0.jar" in names
    assert not [name for name in names if name.startswith(("scala-lib", "breeze", "spire", "spark-", "slf4j"))]
    registry = (tmp_path / "mleap-registry.conf").read_text("utf-8")
    assert "PipelineOp" in registry
    assert "LDA" not in registry


def test_a_session_without_the_jars_says_so() -> None:
    program = (
        "from pyspark.sql import SparkSession; from pipeline.mleap.serializer import serialize\n"
        "spark = SparkSession.builder.master('local[2]').config('spark.ui.enabled', 'false').getOrCreate()\n"
        "serialize(None, None, 'none.zip')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=java_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "RequirementError: the Spark session has no MLeap jars" in done.stderr
