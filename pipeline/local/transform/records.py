"""Input files as records, and records as the requests that hold them.

`SplitType` Line ends a record at every newline, as SageMaker does, whatever stands around it. JSON lines hold none
inside a record. A cell of CSV that holds one inside its quotes, which SageMaker's documentation excludes, is refused
with its line rather than cut in two. A carriage return before the newline is no part of a record, an empty line none.
"""

from __future__ import annotations

import gzip
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BufferedIOBase
from pathlib import Path

from pipeline.errors import DataError
from pipeline.local.errors import JobFailure
from pipeline.local.transform.csv_cells import is_whole
from pipeline.local.transform.settings import MIB, SINGLE, Decided, Settings
from pipeline.recordio import frames

_OPEN_QUOTE = "a quote is left open: a record ends at every newline, and CSV may hold none inside a cell"


@dataclass(frozen=True)
class Batch:
    """The records of one request and their numbers; a file that is not split is one record, number 0.

    `kind` is what a record is to people, `between` what stands between two of them in a request.
    """

    file: str
    records: Sequence[bytes]
    lines: Sequence[int]
    kind: str = "line"
    between: bytes = b"\n"

    def place(self) -> str:
        """Where the records are from, for people."""
        if not self.lines[0]:
            return self.file
        first, last = self.lines[0], self.lines[-1]
        if first == last:
            return f"{self.file}, {self.kind} {first}"
        return f"{self.file}, {self.kind}s {first} to {last}"

    def part(self, start: int, end: int) -> Batch:
        """Some of the records."""
        return replace(self, records=self.records[start:end], lines=self.lines[start:end])


def batches(path: Path, name: str, settings: Settings, decided: Decided) -> Iterator[Batch]:
    """The requests of one file, each of at most `decided.payload` bytes; raises JobFailure naming file and line."""
    try:
        with gzip.open(path) if settings.gzip else path.open("rb") as stream:
            if settings.split:
                yield from _of_lines(stream, name, settings, decided)
            elif settings.frames:
                yield from _of_frames(stream, name, decided)
            else:
                yield _whole(stream, name, decided.payload)
    except (OSError, EOFError, zlib.error) as error:
        raise JobFailure(f"ClientError: {name} cannot be read: {error}") from error
    except DataError as error:
        raise JobFailure(f"ClientError: {error}") from error


def _whole(stream: BufferedIOBase, name: str, payload: int) -> Batch:
    content = stream.read(payload + 1)
    if len(content) > payload:
        hint = "SplitType Line sends it in parts"
        raise JobFailure(f"ClientError: {name} is larger than MaxPayloadInMB, {payload // MIB} MB", hint=hint)
    return Batch(name, [content], [0])


def _of_lines(stream: BufferedIOBase, name: str, settings: Settings, decided: Decided) -> Iterator[Batch]:
    csv = settings.content_type.lower().startswith("text/csv")
    records: list[bytes] = []
    lines = array("Q")
    size = number = 0
    while line := stream.readline(decided.payload + 2):
        number += 1
        record = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(record) > decided.payload:
            limit = f"MaxPayloadInMB, {decided.payload // MIB} MB"
            raise JobFailure(f"ClientError: {name}, line {number}: the record is larger than {limit}")
        if not record:
            continue
        if csv and not is_whole(record):
            raise JobFailure(f"ClientError: {name}, line {number}: {_OPEN_QUOTE}")
        # Each is sent with a newline, but for the last.
        if records and (decided.strategy == SINGLE or size + len(record) > decided.payload):
            yield Batch(name, records, lines)
            records, lines, size = [], array("Q"), 0
        records.append(record)
        lines.append(number)
        size += len(record) + 1
    if records:
        yield Batch(name, records, lines)


def _of_frames(stream: BufferedIOBase, name: str, decided: Decided) -> Iterator[Batch]:
    """The records of a RecordIO stream, each with its frame, so that a request is such a stream as well."""
    records: list[bytes] = []
    numbers = array("Q")
    size = 0
    for number, record in enumerate(frames(stream, name), start=1):
        if len(record) > decided.payload:
            limit = f"MaxPayloadInMB, {decided.payload // MIB} MB"
            raise JobFailure(f"ClientError: {name}, record {number}: it is larger than {limit}")
        if records and (decided.strategy == SINGLE or size + len(record) > decided.payload):
            yield Batch(name, records, numbers, "record", b"")
            records, numbers, size = [], array("Q"), 0
        records.append(record)
        numbers.append(number)
        size += len(record)
    if records:
        yield Batch(name, records, numbers, "record", b"")
