"""Archives and servers that the tests of the endpoint share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from serving_models import write_bundle, write_fused
from serving_server import Server, serving


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The path of a fused archive of one of serving_models.OBJECTIVES, or of "bundle", "nullable", "selected"."""
    folder = tmp_path_factory.mktemp("serving models")

    def path_of(kind: str) -> Path:
        path = folder / f"{kind}.tar.gz"
        if path.exists():
            return path
        if kind == "bundle":
            return write_bundle(path)
        if kind == "nullable":
            return write_fused("regression", path, nullable="height")
        if kind == "selected":
            return write_fused("binary", path, output=("predicted_label", "probability"))
        return write_fused(kind, path)

    return path_of


@pytest.fixture(scope="session")
def server(archive: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """A running server by archive, arguments and environment; the same ones give the same server."""
    folder = tmp_path_factory.mktemp("serving logs")
    running: dict[object, Server] = {}
    with ExitStack() as stack:

        def server_of(kind: str, *arguments: str, **environment: str) -> Server:
            key = (kind, arguments, tuple(sorted(environment.items())))
            if key not in running:
                log = folder / f"{len(running)}.log"
                running[key] = stack.enter_context(serving(archive(kind), log, *arguments, **environment))
            return running[key]

        yield server_of
        for each in running.values():
            assert "Traceback" not in each.log.read_text(), each.log.read_text()


@pytest.fixture(scope="session")
def regression(server: Callable[..., Server]) -> Server:
    """Features and booster with one score a row."""
    return server("regression")


@pytest.fixture(scope="session")
def bundle(server: Callable[..., Server]) -> Server:
    """A bundle alone."""
    return server("bundle")
