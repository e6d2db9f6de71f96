"""Data capture: a share of an endpoint's requests and replies as JSON lines in S3."""

from __future__ import annotations

import base64
import random
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline.errors import PipelineError
from pipeline.local.objects import Objects

# What is kept in memory while the store does not answer; older records are dropped and counted.
_KEPT_BYTES = 256 << 20
_OBJECT_BYTES = 16 << 20

_Key = tuple[str, datetime]


class Capture:
    """Keeps records as an endpoint config's DataCaptureConfig says; `flush` writes them.

    An object appears whole: `DestinationS3Uri/ENDPOINT/VARIANT/yyyy/mm/dd/hh/*.jsonl`, hours in UTC, one record a line.
    `record` is an event loop's and never waits, `flush` a thread's. Source: SageMaker's captureData, eventVersion 0.
    """

    def __init__(
        self, config: Mapping[str, Any], endpoint: str, objects: Objects, folder: Path, log: Callable[[str], None]
    ) -> None:
        self._enabled = config.get("EnableCapture", True) and config["InitialSamplingPercentage"] > 0
        self._percentage = config["InitialSamplingPercentage"]
        self._target = f"{config['DestinationS3Uri'].rstrip('/')}/{endpoint}"
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        both = "InputAndOutput" in modes
        self._input, self._output = both or "Input" in modes, both or "Output" in modes
        types = config.get("CaptureContentTypeHeader", {})
        self._encodings = {
            **dict.fromkeys(map(str.lower, types.get("CsvContentTypes", ())), "CSV"),
            **dict.fromkeys(map(str.lower, types.get("JsonContentTypes", ())), "JSON"),
        }
        self._objects, self._folder, self._log = objects, folder, log
        self._lines: dict[_Key, list[bytes]] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        self._flushing = threading.Lock()

    def wants_one(self) -> bool:
        """Whether the next request is to be recorded, by chance."""
        return bool(self._enabled) and random.random() * 100 < self._percentage  # noqa: S311 - a sample, no secret

    def record(
        self, variant: str, request: tuple[str, bytes], reply: tuple[str, bytes], event: Mapping[str, Any]
    ) -> None:
        """Keeps one invocation; request and reply are (content type, body), `event` what eventMetadata has besides."""
        now = datetime.now(UTC)
        data = {}
        if self._input:
            data["endpointInput"] = self._side("INPUT", *request)
        if self._output:
            data["endpointOutput"] = self._side("OUTPUT", *reply)
        metadata = {"eventId": str(uuid.uuid4()), **event, "inferenceTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        document = {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}
        line = orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
        with self._lock:
            if self._bytes + len(line) > _KEPT_BYTES:
                self._lines.clear()
                self._bytes = 0
                self._log("data capture: the store does not answer; records are dropped")
            self._lines.setdefault((variant, now.replace(minute=0, second=0, microsecond=0)), []).append(line)
            self._bytes += len(line)

    def flush(self) -> None:
        """Writes what is kept, an object a variant and hour; what the store refuses is kept for the next time."""
        with self._flushing:
            while taken := self._take():
                (variant, hour), lines = taken
                try:
                    self._write(variant, hour, lines)
                except (PipelineError, OSError) as error:
                    self._log(f"data capture: {error}")
                    self._give_back((variant, hour), lines)
                    return

    def _write(self, variant: str, hour: datetime, lines: list[bytes]) -> None:
        name = f"{datetime.now(UTC):%M-%S-%f}-{uuid.uuid4()}.jsonl"
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / name
        try:
            path.write_bytes(b"".join(lines))
            self._objects.upload(path, f"{self._target}/{variant}/{hour:%Y/%m/%d/%H}/{name}")
        finally:
            path.unlink(missing_ok=True)

    def _take(self) -> tuple[_Key, list[bytes]] | None:
        with self._lock:
            if not self._lines:
                return None
            key = next(iter(self._lines))
            lines = self._lines.pop(key)
            count, size = 0, 0
            while count < len(lines) and size < _OBJECT_BYTES:
                size += len(lines[count])
                count += 1
            if count < len(lines):
                self._lines[key] = lines[count:]
            self._bytes -= size
            return key, lines[:count]

    def _give_back(self, key: _Key, lines: list[bytes]) -> None:
        with self._lock:
            self._lines[key] = lines + self._lines.get(key, [])
            self._bytes += sum(map(len, lines))

    def _side(self, mode: str, content_type: str, body: bytes) -> dict[str, str]:
        encoding = self._encodings.get(content_type.partition(";")[0].strip().lower(), "BASE64")
        try:
            data = body.decode("utf-8") if encoding != "BASE64" else base64.b64encode(body).decode()
        except UnicodeDecodeError:
            encoding, data = "BASE64", base64.b64encode(body).decode()
        return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
