"""One stand-in for AWS for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cloud import Cloud, cloud


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Empty when a module begins."""
    with cloud(tmp_path_factory.mktemp("cloud") / "cloud.log") as made:
        yield made
