"""What metrics and the access log have in common: an application whose invocations somebody watches."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from pipeline.serving.asgi import Application, Send
from pipeline.serving.body import Receive

PATH = "/invocations"


class Observed:
    """Passes all requests on to an application, and tells `saw` of each invocation."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/") != PATH:
            await self._application(scope, receive, send)
            return
        started, answered = perf_counter(), False

        async def told(message: dict[str, Any]) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                # Before the client has it: no reply is missing from the counts, whatever becomes of this process.
                answered = True
                self.saw(scope, message["status"], perf_counter() - started)
            await send(message)

        try:
            await self._application(scope, receive, told)
        finally:
            if not answered:
                self.saw(scope, None, perf_counter() - started)

    def saw(self, scope: Mapping[str, Any], status: int | None, seconds: float) -> None:
        """Notes an invocation before its reply is sent; status is None where its client went away first."""
        raise NotImplementedError
