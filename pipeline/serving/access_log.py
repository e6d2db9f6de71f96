"""One line of JSON for each invocation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.serving.asgi import Application, headers_by_name, inference_id
from pipeline.serving.observed import Observed


def to_stderr(line: bytes) -> None:
    """Writes the line at once, whole beside those of other workers."""
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()


class Logged(Observed):
    """An application each of whose invocations is written as one JSON object and a line's end.

    It has `time` (UTC, of the reply), `status` (null where the client went away), `milliseconds`, `bytes` of the
    request as declared, `content_type` and `inference_id`, which is the client's own or a new one.
    """

    def __init__(self, application: Application, write: Callable[[bytes], None] = to_stderr) -> None:
        super().__init__(application)
        self._write = write

    def saw(self, scope: Mapping[str, Any], status: int | None, seconds: float) -> None:
        headers = headers_by_name(scope["headers"])
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "status": status,
            "milliseconds": round(seconds * 1e3, 3),
            "bytes": headers.get(b"content-length"),
            "content_type": headers.get(b"content-type"),
            "inference_id": inference_id(headers),
        }
        self._write(orjson.dumps(line) + b"\n")
