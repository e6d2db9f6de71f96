"""A job's log streams, one an instance, as its service names them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pipeline.local.logs import Logs, Stream


class JobLog:
    """Takes (instance number from 1, line); a stream is made with its first line: `NAME/algo-1-EPOCH`.

    `error` takes what programs say on stderr, where the service keeps it apart, which SageMaker does not.
    """

    error: Callable[[int, str], None] | None = None

    def __init__(self, logs: Logs, group: str, name: str) -> None:
        self._logs, self._group, self._name = logs, group, name
        self._started = int(time.time())
        self._streams: dict[tuple[str, str], Stream] = {}
        self._lock = threading.Lock()

    def __call__(self, instance: int, line: str) -> None:
        self._write(self._group, f"{self._name}/algo-{instance}-{self._started}", line)

    def close(self) -> None:
        """Ends all streams: the Logs service has every line."""
        for stream in self._streams.values():
            stream.close()

    def _write(self, group: str, name: str, line: str) -> None:
        with self._lock:
            stream = self._streams.get((group, name))
            if stream is None:
                stream = self._streams[group, name] = self._logs.stream(group, name)
        stream.write(line)


class GlueLog(JobLog):
    """The same as Glue has it: two groups, GROUP/output and GROUP/error, each with a stream of the run's name."""

    def __init__(self, logs: Logs, group: str, name: str) -> None:
        super().__init__(logs, group, name)
        self.error = self._error

    def __call__(self, instance: int, line: str) -> None:
        self._write(f"{self._group}/output", self._stream(instance), line)

    def _error(self, instance: int, line: str) -> None:
        self._write(f"{self._group}/error", self._stream(instance), line)

    def _stream(self, instance: int) -> str:
        return self._name if instance == 1 else f"{self._name}_{instance}"
