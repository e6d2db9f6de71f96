"""Models that the tests of batch share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from batch_cases import write_bundle, write_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The path of a fused archive of one of batch_cases.OBJECTIVES, or of "bundle"."""
    folder = tmp_path_factory.mktemp("batch models")

    def path_of(kind: str) -> Path:
        path = folder / f"{kind}.tar.gz"
        if not path.exists():
            return write_bundle(folder) if kind == "bundle" else write_model(folder, kind)
        return path

    return path_of


@pytest.fixture(scope="session")
def regression(model: Callable[[str], Path]) -> Path:
    """Features and booster with one score a row."""
    return model("regression")
