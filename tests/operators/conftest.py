"""The engines that every operator's tests compare."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conformance import Conformance

from pipeline.mleap.runtime import Runtime, available


@pytest.fixture(scope="session")
def engines(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conformance]:
    """Spark, the scorer and what of MLeap can be had; CONFORMANCE names a folder for what they said."""
    runtime = None if available() else Runtime()
    engines = Conformance(spark, runtime, tmp_path_factory.mktemp("conformance"), _has_mleap(spark))
    yield engines
    if runtime is not None:
        runtime.close()
    if target := os.environ.get("CONFORMANCE"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        engines.record.save(Path(target) / f"{worker}.json", spark.version)


def _has_mleap(spark: Any) -> bool:
    return bool(spark.conf.get("spark.jars", "")) and "mleap-spark" in spark.conf.get("spark.jars")
