"""The log streams of what serves: a group an endpoint or inference component."""

from __future__ import annotations

from pipeline.local.logs import Logs, Stream


class ServingLogs:
    """Streams below one group, opened when the first line comes."""

    def __init__(self, logs: Logs, group: str) -> None:
        self._logs, self._group = logs, group
        self._streams: dict[tuple[str, str], Stream] = {}

    def write(self, name: str, stream: str, line: str) -> None:
        """A line of a stream of `GROUP/name`."""
        key = (name, stream)
        if key not in self._streams:
            self._streams[key] = self._logs.stream(f"{self._group}/{name}", stream)
        self._streams[key].write(line)

    def close(self) -> None:
        """Closes the streams that were opened."""
        for stream in self._streams.values():
            stream.close()
