"""One line of JSON for each invocation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import orjson

from pipeline.serving.asgi import Application, Send, headers_by_name, inference_id
from pipeline.serving.body import Receive


def to_stderr(line: bytes) -> None:
    """Writes the line at once, whole beside those of other workers."""
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()


class Logged:
    """An application each of whose invocations is written as one JSON object and a line's end.

    It has `time` (UTC, of the reply), `status` (null where the client went away), `milliseconds`, `bytes` of the
    request as declared, `content_type` and `inference_id`, which is the client's own or a new one.
    """

    def __init__(self, application: Application, write: Callable[[bytes], None] = to_stderr) -> None:
        self._application, self._write = application, write

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"].rstrip("/") != "/invocations":
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
            headers = headers_by_name(scope["headers"])
            line = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "status": status,
                "milliseconds": round((perf_counter() - started) * 1e3, 3),
                "bytes": headers.get(b"content-length"),
                "content_type": headers.get(b"content-type"),
                "inference_id": inference_id(headers),
            }
            self._write(orjson.dumps(line) + b"\n")
