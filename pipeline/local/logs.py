"""What jobs and endpoints say, as CloudWatch Logs: kept in files, and told to the Logs service in batches."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

# What a group begins with, and the folder that it is kept in.
_FOLDERS = {"/aws-glue/": "Glue/", "/aws/sagemaker/": ""}
_PAUSE = 0.3  # seconds between two batches
_BATCH_EVENTS = 1_000
_BATCH_CHARACTERS = 200_000  # CloudWatch takes 1 MiB a call; a character may be 4 bytes
_LINE_CHARACTERS = 60_000
_KEPT_SECONDS = 13 * 86_400
_KEPT_EVENTS = 10_000

_log = logging.getLogger(__name__)


class Logs:
    """Writers of log streams. `make_client` gives a CloudWatch Logs client.

    Lines are in their file when `Stream.write` returns; the Logs service has them soon after, and surely when the
    stream is closed.
    """

    def __init__(self, folder: Path, make_client: Callable[[], Any]) -> None:
        self._folder = folder
        self._make_client = make_client
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._flush_regularly, name="logs", daemon=True)

    def start(self) -> None:
        """Tells the Logs service what earlier runs of this service left, and begins to tell what comes."""
        self._client = self._make_client()
        for file in sorted(self._folder.rglob("*.jsonl")):
            relative = file.relative_to(self._folder).with_suffix("")
            group, name = _split(relative.as_posix())
            # CloudWatch takes no event that is older than 14 days; of long logs the end will do.
            since = (time.time() - _KEPT_SECONDS) * 1e3
            kept = deque((event for event in _events(file) if event["timestamp"] > since), maxlen=_KEPT_EVENTS)
            self._put(group, name, list(kept))
        self._thread.start()

    def stop(self) -> None:
        """Tells what is left."""
        self._ending.set()
        self._thread.join()
        for stream in list(self._streams):
            stream.close()

    def stream(self, group: str, name: str) -> Stream:
        """A log stream to write to; `group` begins with /aws/sagemaker/ or /aws-glue/."""
        stream = Stream(self, group, name, self.file(group, name))
        with self._lock:
            self._streams.add(stream)
        return stream

    def file(self, group: str, name: str) -> Path:
        """Where a stream's lines are: JSON lines of `timestamp` (milliseconds) and `message`."""
        prefix = next(prefix for prefix in _FOLDERS if group.startswith(prefix))
        return self._folder / (_FOLDERS[prefix] + group.removeprefix(prefix)) / f"{name}.jsonl"

    def _flush_regularly(self) -> None:
        while not self._ending.wait(_PAUSE):
            for stream in list(self._streams):
                try:
                    stream.flush()
                except Exception:  # noqa: BLE001 - one stream's trouble must not silence the others
                    _log.exception("the log stream %s", stream.name)

    def _forget(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)

    def _put(self, group: str, name: str, events: list[dict[str, Any]]) -> None:
        from botocore.exceptions import ClientError

        for make, names in (
            (self._client.create_log_group, {"logGroupName": group}),
            (self._client.create_log_stream, {"logGroupName": group, "logStreamName": name}),
        ):
            try:
                make(**names)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                    raise
        for batch in _batches(events):
            self._client.put_log_events(logGroupName=group, logStreamName=name, logEvents=batch)


class Stream:
    """One log stream; see Logs."""

    def __init__(self, logs: Logs, group: str, name: str, file: Path) -> None:
        self._logs, self._group, self.name = logs, group, name
        self._path, self._file = file, ExitStack()
        self._write: Callable[[bytes], int] | None = None
        # Whether the file may end within a record.
        self._is_torn = file.exists()
        self._is_closed = False
        self._pending: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._telling = threading.Lock()

    def write(self, line: str) -> None:
        """Adds a line."""
        event = {"timestamp": int(time.time() * 1e3), "message": line[:_LINE_CHARACTERS] or " "}
        with self._lock:
            if self._is_closed:
                return
            self._pending.append(event)
            self._keep(json.dumps(event).encode() + b"\n")

    def _keep(self, record: bytes) -> None:
        """Adds a record to the file; where the disk is full only the Logs service has it."""
        if self._is_torn:
            record = b"\n" + record
        with suppress(OSError):
            if self._write is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._write = self._file.enter_context(self._path.open("ab", buffering=0)).write
            if written := self._write(record):
                self._is_torn = written < len(record)

    def flush(self) -> None:
        """Tells the Logs service all lines until now."""
        with self._telling:
            with self._lock:
                events, self._pending = self._pending, []
            if events:
                self._logs._put(self._group, self.name, events)

    def close(self) -> None:
        """Ends the stream; further lines are dropped."""
        with self._lock:
            self._is_closed = True
            self._file.close()
        self._logs._forget(self)
        self.flush()


def _split(path: str) -> tuple[str, str]:
    """Group and stream name of a file: an endpoint's group has its name in it, Glue's say which of two they are."""
    prefix = next(prefix for prefix, folder in _FOLDERS.items() if path.startswith(folder))
    parts = path.removeprefix(_FOLDERS[prefix]).split("/")
    depth = 2 if parts[0] in {"Endpoints", "jobs"} else 1
    return prefix + "/".join(parts[:depth]), "/".join(parts[depth:])


def _events(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            # A line may have been cut off when the service was killed, or the disk was full.
            with suppress(ValueError):
                yield json.loads(line)


def _batches(events: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        if batch and (len(batch) == _BATCH_EVENTS or size + len(event["message"]) > _BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += len(event["message"])
    if batch:
        yield batch
