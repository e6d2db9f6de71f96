"""A job's log streams, one an instance, as SageMaker names them: `NAME/algo-1-EPOCH`."""

from __future__ import annotations

import threading
import time

from pipeline.local.logs import Logs, Stream


class JobLog:
    """Takes (instance number from 1, line); a stream is made with its first line."""

    def __init__(self, logs: Logs, group: str, name: str) -> None:
        self._logs, self._group, self._name = logs, group, name
        self._started = int(time.time())
        self._streams: dict[int, Stream] = {}
        self._lock = threading.Lock()

    def __call__(self, instance: int, line: str) -> None:
        with self._lock:
            stream = self._streams.get(instance)
            if stream is None:
                stream = self._logs.stream(self._group, f"{self._name}/algo-{instance}-{self._started}")
                self._streams[instance] = stream
        stream.write(line)

    def close(self) -> None:
        """Ends all streams: the Logs service has every line."""
        for stream in self._streams.values():
            stream.close()
