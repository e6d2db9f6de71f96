"""uvicorn as every server here runs it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import uvicorn

from pipeline.serving.known_heads import Directs, KnownHeads, QuickProtocol

# SageMaker kills a container 30 s after SIGTERM; a load balancer keeps idle connections for 60 s.
_DRAIN_SECONDS = 25
_KEEP_ALIVE_SECONDS = 75


def configured(app: Any, *, http: Any, loop: Any = "auto", drain_seconds: int = _DRAIN_SECONDS) -> uvicorn.Config:
    """What all servers have in common: no more than an application needs, and nothing said of the server."""
    return uvicorn.Config(
        app,
        loop=loop,
        http=http,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=drain_seconds,
    )


class Server(uvicorn.Server):
    """uvicorn that tells when it listens; a request has `timeout` seconds to arrive.

    `directs` names what needs no application to be answered, see known_heads.
    """

    def __init__(self, app: Any, timeout: float, ready: Callable[[], None], directs: Directs | None = None) -> None:
        heads = KnownHeads(directs or (lambda *_: None))
        http = functools.partial(QuickProtocol, seconds=timeout, heads=heads)
        super().__init__(configured(app, http=http, loop="uvloop"))
        self._ready = ready

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._ready()
