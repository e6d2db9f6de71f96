"""The serving process of an endpoint, alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipeline.local.endpoints.container import Container
from pipeline.local.endpoints.process import ServingProcess

_SECONDS = 30


@contextmanager
def server(model: Path, environment: Mapping[str, str] | None = None) -> Iterator[tuple[int, float, int]]:
    """A server of a model archive: yields its port, the seconds to the first 200 of /ping, and its id."""
    container = Container("primary", "", "", model, dict(environment or {}))
    process = ServingProcess(container, os.environ, lambda line: None)
    started = time.perf_counter()
    process.start()
    try:
        process.wait(time.monotonic() + _SECONDS, threading.Event())
        assert process.port is not None
        assert process.pid is not None
        yield process.port, time.perf_counter() - started, process.pid
    finally:
        process.stop()
