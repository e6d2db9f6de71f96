"""A service's process: a socket, workers with the functions, uvicorn, and an orderly end."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipeline.config.tasks import Image, Service
from pipeline.services.app import App
from pipeline.services.pool import Pool
from pipeline.serving.http_server import Server
from pipeline.serving.listener import bind, url
from pipeline.serving.settings import Settings
from pipeline.serving.workers import exit_on_signal


def serve(image: Image, service: Service, *, host: str, port: int, ready: Callable[[str], None]) -> int:
    """Serves until SIGTERM or SIGINT, then drains; returns the exit status, 1 where workers cannot be had any more.

    Nothing listens before all workers have loaded the functions; then `ready` is told the address. Raises
    PipelineError for a port that is taken and functions that cannot be loaded.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    settings = Settings.from_environment(os.environ)
    listener = bind(host, port, named=f"port {port} of {host}", hint="choose another with --port")
    exit_on_signal()
    endpoints = {path: endpoint.model_dump() for path, endpoint in image.endpoints.items()}
    pool = Pool(Path(image.source), endpoints, service.workers, service.timeout)
    app = App(endpoints, pool, settings.max_payload)
    server = _Server(app, pool, settings.timeout, lambda: ready(url(*listener.getsockname()[:2])))
    server.run(sockets=[listener])
    return 1 if server.is_broken else 0


class _Server(Server):
    """The server with its workers: there before it listens, ended when it has answered the last request."""

    def __init__(self, app: App, pool: Pool, timeout: float, ready: Callable[[], None]) -> None:
        super().__init__(app, timeout, ready)
        self._pool = pool
        self.is_broken = False
        pool.broken = self.give_up

    async def startup(self, sockets: Any = None) -> None:
        await self._pool.start()
        await super().startup(sockets)

    async def shutdown(self, sockets: Sequence[Any] | None = None) -> None:
        await super().shutdown(list(sockets) if sockets else None)
        await self._pool.stop()

    def give_up(self) -> None:
        """Ends the server, for it has nobody to ask."""
        self.is_broken = self.should_exit = True
