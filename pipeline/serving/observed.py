"""What metrics and the access log have in common: an application whose invocations somebody watches."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from pipeline.serving.asgi import Application, Send
from pipeline.serving.body import Receive

PATH = "/invocations"


class Observed:
    """Passes all requests on to an application, and tells `saw` of each invocation's end."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/") != PATH:
            await self._application(scope, receive, send)
            return
        started, status = perf_counter(), None

        async def told(message: dict[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._application(scope, receive, told)
        finally:
            self.saw(scope, status, perf_counter() - started)

    def saw(self, scope: Mapping[str, Any], status: int | None, seconds: float) -> None:
        """Notes an invocation; its status is None where its client went away before it was whole."""
        raise NotImplementedError
