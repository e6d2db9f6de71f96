"""A local service with an account that is filled as a test wants it, job by job, without Spark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from account_cases import Account
from service_cases import Service


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("account")
    service = Service(folder / "data", "--image", "tasks=python")
    yield Account(service, folder)
    assert service.stop() == 0, service.log.read_text()
