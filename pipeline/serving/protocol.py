"""uvicorn's HTTP protocol within limits: how long a request takes to arrive, how long its head is, connections."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.serving.asgi import error_body

# As much as the head of a request may have, and as many connections as one process keeps.
HEAD_BYTES, CONNECTIONS = 64 << 10, 4096


class BoundedProtocol(HttpToolsProtocol):
    """Answers 408 and closes where a request, head and body, is not whole `seconds` after its first byte.

    A connection that says nothing for as long is closed without a word; between requests uvicorn's own limit holds.
    The time that an answer takes is not counted. A head of more than 64 KiB is answered with 431, a connection beyond
    the most that there may be with 503 and Retry-After; both are closed.
    """

    def __init__(self, *arguments: Any, seconds: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._seconds = seconds
        self._deadline: asyncio.TimerHandle | None = None
        # Bytes of a head that is not whole; None where none is being read.
        self._head: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start()
        if len(self.connections) > CONNECTIONS:
            transport.write(_TOO_MANY)
            transport.close()

    def data_received(self, data: bytes) -> None:
        self._start()
        if self.transport.is_closing():
            return
        read = self._head
        super().data_received(data)
        # A head that began within this data may have little of it.
        if read is not None and self._head is not None:
            self._head += len(data)
            if self._head > HEAD_BYTES and not self.transport.is_closing():
                self.transport.write(_TOO_LONG)
                self.transport.close()

    def on_message_begin(self) -> None:
        # The rest of the data may begin another request.
        self._start()
        self._head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

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
    return _refusal(
        "408 Request Timeout",
        code="RequestTimeout",
        message=f"the request was not whole after {seconds:g} s",
        hint="send it faster, or raise SAGEMAKER_MODEL_SERVER_TIMEOUT",
    )


def _refusal(status: str, *fields: str, **problem: str) -> bytes:
    """A whole reply after which the connection is closed."""
    body = error_body(problem)
    lines = [f"HTTP/1.1 {status}", "content-type: application/json", "connection: close", *fields]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


_TOO_LONG = _refusal(
    "431 Request Header Fields Too Large",
    code="HeadTooLarge",
    message=f"the request's head has more than {HEAD_BYTES >> 10} KiB",
)
_TOO_MANY = _refusal(
    "503 Service Unavailable",
    "retry-after: 1",
    code="ServiceUnavailable",
    message=f"the endpoint has {CONNECTIONS:,} connections already",
    hint="use kept connections again, or start more workers",
)
