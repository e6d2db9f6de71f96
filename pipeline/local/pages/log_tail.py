"""The newest lines of a log, or those before a place in it: as quick at the end of a long log as of a short one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.local.logs import Logs

_LINES = 200
_BLOCK = 64 << 10
# Above the longest line that a stream takes, each of its characters escaped.
_MOST_BYTES = 1 << 20
_MOST_STREAMS = 12


@dataclass(frozen=True)
class Line:
    """One event: `time` in seconds of the epoch."""

    time: float
    text: str


@dataclass(frozen=True)
class Tail:
    """Some lines of one of a resource's streams.

    `streams` are all that can be asked for, `before` is where earlier lines end, 0 where there are none, `newest` says
    that nothing comes after these.
    """

    streams: list[str]
    stream: str
    lines: list[Line]
    before: int
    newest: bool


def tail(
    logs: Logs, group: str, prefix: str, query: Mapping[str, str], since: float = 0, *, only: str = r".*"
) -> Tail | None:
    """What `query` asks for by `stream` and `before`, else the end of the stream written last; None without any.

    Streams are those whose names begin with the prefix; of those that carry their start, only later ones than `since`,
    so that a job does not show the log of an earlier one of its name; `only` is a pattern that the last part of a
    stream's name fits as a whole.
    """
    folder = logs.file(group, prefix).with_suffix("") if prefix else logs.file(group, "any").parent
    files_there = (file for file in folder.rglob("*.jsonl") if re.fullmatch(only, file.stem))
    found = [file for file in files_there if _started(file) >= int(since)]
    found.sort(key=lambda file: (-file.stat().st_mtime_ns, file.name))
    files = {file.relative_to(folder).with_suffix("").as_posix(): file for file in found[:_MOST_STREAMS]}
    if not files:
        return None
    stream = query.get("stream", "")
    stream = stream if stream in files else next(iter(files))
    asked = query.get("before", "")
    end = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    lines, before = read_lines(files[stream], end)
    return Tail(sorted(files), stream, lines, before, end is None)


def read_lines(file: Path, end: int | None = None, count: int = _LINES) -> tuple[list[Line], int]:
    """The last lines that end before a place in bytes, in their order, and the place where they begin."""
    with file.open("rb") as stream:
        size = stream.seek(0, 2)
        end = size if end is None else min(end, size)
        start, content = end, b""
        while start and content.count(b"\n") <= count and len(content) < _MOST_BYTES:
            step = min(_BLOCK, start)
            start = stream.seek(start - step)
            content = stream.read(step) + content
    pieces = content.split(b"\n")
    # What stands before the first line break is the end of a line that began earlier.
    whole = pieces[1:] if start else pieces
    # The last one is empty, or a line that is being written.
    lines = whole[:-1][-count:]
    begin = end - len(pieces[-1]) - sum(len(line) + 1 for line in lines)
    return [found for line in lines if (found := _line(line)) is not None], begin


def _line(content: bytes) -> Line | None:
    try:
        event = json.loads(content)
    except ValueError:
        # A line that was being written when the service was killed.
        return None
    return Line(event["timestamp"] / 1e3, event["message"])


def _started(file: Path) -> float:
    """The second that ends the name of a job's stream; an endpoint's has none, and passes."""
    text = file.stem.rpartition("-")[2]
    return int(text) if file.stem.startswith("algo-") and text.isdigit() else float("inf")
