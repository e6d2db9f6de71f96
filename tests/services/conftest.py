"""Services of tests have a state of their own, and none outlives its test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from service_processes import write

from pipeline.config import load_task_file
from pipeline.services.up import Up, down, up


@pytest.fixture(scope="module")
def module_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def service(module_state: Path) -> Iterator[Up]:
    """One service for all requests that leave it as it is."""
    file = write(module_state)
    (found,) = up(load_task_file(file), file)
    yield found
    assert down(file) == ["functions"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The place of a file whose services are down at the end."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield tmp_path
    down(tmp_path / "tasks.yml")
