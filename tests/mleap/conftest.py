"""MLeap's runtime, and bundles written by MLeap's own serialiser beside what Spark answered."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import RequirementError
from pipeline.java import java_environment
from pipeline.mleap.jars import SERIALIZER, resolve
from pipeline.mleap.runtime import Runtime, available

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def runtime() -> Iterator[Runtime]:
    if why := available():
        pytest.skip(why)
    with Runtime() as runtime:
        yield runtime


@pytest.fixture(scope="session")
def mleap_spark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder made by write_bundles.py in a process of its own: a process has one Spark, and this one has jars."""
    try:
        resolve(SERIALIZER)
    except RequirementError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("mleap spark")
    done = subprocess.run(
        [sys.executable, str(HERE / "write_bundles.py"), str(folder)],
        env=java_environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder
