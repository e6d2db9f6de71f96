"""uvicorn's HTTP protocol, with a limit to how long a request may take to arrive."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.serving.asgi import error_body


class TimedProtocol(HttpToolsProtocol):
    """Answers 408 and closes where a request, head and body, is not whole `seconds` after its first byte.

    A connection that says nothing for as long is closed without a word; between requests uvicorn's own limit holds.
    The time that an answer takes is not counted.
    """

    def __init__(self, *arguments: Any, seconds: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._seconds = seconds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start()

    def data_received(self, data: bytes) -> None:
        self._start()
        super().data_received(data)

    def on_message_begin(self) -> None:
        # The rest of the data may begin another request.
        self._start()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._stop()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _start(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._seconds, self._expire)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        answering = self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete
        if answering or self.pipeline:
            # The answers of requests that came before stand first in line.
            self._start()
            return
        answered = self.cycle is not None and self.cycle.more_body and self.cycle.response_started
        if self.headers is not None and not answered:
            self.transport.write(_too_slow(self._seconds))
        self.transport.close()


def _too_slow(seconds: float) -> bytes:
    body = error_body(
        {
            "code": "RequestTimeout",
            "message": f"the request was not whole after {seconds:g} s",
            "hint": "send it faster, or raise SAGEMAKER_MODEL_SERVER_TIMEOUT",
        }
    )
    head = "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
