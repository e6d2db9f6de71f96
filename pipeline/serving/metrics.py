"""Requests counted in memory that all workers share, and told in Prometheus's format by a process of its own."""

from __future__ import annotations

import mmap
import os
import socket
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any

from pipeline.errors import RequirementError
from pipeline.serving.asgi import Application
from pipeline.serving.known_heads import Direct, Directs
from pipeline.serving.observed import PATH, Observed
from pipeline.serving.workers import end_with_parent, exit_on_signal

STATUSES = (200, 400, 406, 413, 415, 500, 503)
# Upper bounds of the histogram, in seconds.
BOUNDS = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

_PLACES = {status: place for place, status in enumerate(STATUSES)}
# Of each status: as many as there are bounds, those above, and the sum of seconds.
_WIDTH = len(BOUNDS) + 2
# A worker's row goes by its process id: two that live at once have rows of their own.
_ROWS, _ROW = 1024, len(STATUSES) * _WIDTH


class Counts:
    """Invocations by status and time; made before workers are forked."""

    def __init__(self) -> None:
        self._cells = memoryview(mmap.mmap(-1, _ROWS * _ROW * 8)).cast("d")

    def add(self, status: int, seconds: float) -> None:
        """Counts one; a status that is not listed counts as the server's own fault."""
        at = os.getpid() % _ROWS * _ROW + _PLACES.get(status, _PLACES[500]) * _WIDTH
        self._cells[at + bisect_left(BOUNDS, seconds)] += 1
        self._cells[at + _WIDTH - 1] += seconds

    def of(self, status: int) -> tuple[list[int], float]:
        """How many took up to each bound and no less, the last ones more; and the sum of their seconds."""
        found = [0.0] * _WIDTH
        for row in range(_ROWS):
            at = row * _ROW + _PLACES[status] * _WIDTH
            for place in range(_WIDTH):
                found[place] += self._cells[at + place]
        return [int(count) for count in found[:-1]], found[-1]

    def collect(self) -> Iterator[Any]:
        """What Prometheus is told."""
        from prometheus_client.core import HistogramMetricFamily

        family = HistogramMetricFamily(
            "inference_invocation_seconds", "Seconds from an invocation's head to its reply.", labels=["status"]
        )
        for status in STATUSES:
            counts, seconds = self.of(status)
            if any(counts):
                bounds = [*map(repr, BOUNDS), "+Inf"]
                running = [sum(counts[: place + 1]) for place in range(len(counts))]
                family.add_metric([str(status)], list(zip(bounds, running, strict=True)), seconds)
        yield family


class Counted(Observed):
    """An application whose invocations are counted; what needs no application is counted in `directs`."""

    def __init__(self, application: Application, directs: Directs, counts: Counts) -> None:
        super().__init__(application)
        self._directs, self._counts = directs, counts

    def saw(self, scope: Mapping[str, Any], status: int | None, seconds: float) -> None:
        if status is not None:
            self._counts.add(status, seconds)

    def directs(self, method: str, target: bytes, headers: Mapping[bytes, str]) -> Direct | None:
        """See known_heads."""
        direct = self._directs(method, target, headers)
        if direct is None or target != PATH.encode():
            return direct
        return lambda body: self._direct(direct, body)

    def _direct(self, direct: Direct, body: bytes) -> bytes | None:
        started = perf_counter()
        reply = direct(body)
        if reply is not None:
            self._counts.add(200, perf_counter() - started)
        return reply


def publish(counts: Counts, listener: socket.socket) -> None:
    """Starts the process that answers scrapers on this socket; it ends with this one, however that ends."""
    try:
        import prometheus_client  # noqa: F401 - here, where it can be said to the user
    except ImportError as error:
        hint = "pip install 'inference-pipeline[metrics]'"
        raise RequirementError("metrics need prometheus-client", hint=hint) from error
    lifeline = os.pipe()
    if os.fork():
        listener.close()
        os.close(lifeline[0])
        return
    try:
        exit_on_signal()
        os.close(lifeline[1])
        threading.Thread(target=end_with_parent, args=(lifeline[0],), daemon=True).start()
        _answer(counts, listener)
    finally:
        os._exit(0)


def _answer(counts: Counts, listener: socket.socket) -> None:
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    from prometheus_client import CollectorRegistry, make_wsgi_app

    class Silent(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Scrapers come every few seconds."""

    registry = CollectorRegistry()
    registry.register(counts)
    with make_server("127.0.0.1", 0, make_wsgi_app(registry), handler_class=Silent) as server:
        server.socket.close()
        server.socket = listener
        listener.listen()
        server.serve_forever()
