"""RecordIO's framing: magic number, length, content, zeros up to a multiple of four bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Iterator, List, Protocol

import numpy as np

from pipeline.errors import DataError
from pipeline.recordio.ragged import Array
from pipeline.recordio.writing import MAGIC

_HEAD = struct.Struct("<II")
# Three bits above the length say that a record goes on in the next frame; SageMaker's writers never use them.
MAX_RECORD = 1 << 29
BLOCK = 4 << 20


class Stream(Protocol):
    """What can be read from, such as a file."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


@dataclass(frozen=True)
class Block:
    """Some whole frames in `data` (uint8), where each record's content starts and ends, and where all that stands.

    `first` is the number of the first record in the stream, from 1, `offset` the place of `data` there.
    """

    data: Array
    starts: Array
    ends: Array
    first: int
    offset: int

    def error(self, record: int, at: int, problem: str, source: str) -> DataError:
        """The error about a record of the block, counted from 0, at a place of `data`."""
        return broken(self.first + record, self.offset + at, problem, source)


def blocks(stream: Stream, source: str = "", size: int = BLOCK) -> Iterator[Block]:
    """The frames of a stream, about `size` bytes at a time; raises DataError naming record and byte."""
    rest, offset, first = b"", 0, 1
    while True:
        read = stream.read(size)
        data = rest + read
        if not data:
            return
        starts, ends, used = _split(data, first, offset, source)
        if starts:
            content = np.frombuffer(data, np.uint8, used)
            yield Block(content, np.array(starts, np.int64), np.array(ends, np.int64), first, offset)
        first += len(starts)
        offset += used
        rest = data[used:]
        if not read:
            if rest:
                raise _cut_off(rest, first, offset, source)
            return


def frames(stream: Stream, source: str = "", size: int = BLOCK) -> Iterator[bytes]:
    """The frames of a stream one by one, each as it stands there; raises DataError naming record and byte."""
    for block in blocks(stream, source, size):
        data = block.data.tobytes()
        for start, end in zip(block.starts.tolist(), block.ends.tolist()):
            yield data[start - _HEAD.size : end + -end % 4]


def broken(record: int, offset: int, problem: str, source: str) -> DataError:
    """The error about a record, counted from 1, at a byte of its stream, counted from 0."""
    return DataError(f"record {record}, byte {offset}: {problem}", source=source or None)


def _split(data: bytes, first: int, offset: int, source: str) -> "tuple[List[int], List[int], int]":
    starts: List[int] = []
    ends: List[int] = []
    at, size = 0, len(data)
    unpack = _HEAD.unpack_from
    while at + _HEAD.size <= size:
        magic, length = unpack(data, at)
        if magic != MAGIC:
            problem = (
                f"found {data[at : at + 4].hex()}, which begins no record; expected {_HEAD.pack(MAGIC, 0)[:4].hex()}"
            )
            raise broken(first + len(starts), offset + at, problem, source)
        if length >= MAX_RECORD:
            problem = f"the record's length is {length:,}; expected less than {MAX_RECORD:,}"
            raise broken(first + len(starts), offset + at + 4, problem, source)
        start = at + _HEAD.size
        after = start + length + -length % 4
        if after > size:
            break
        starts.append(start)
        ends.append(start + length)
        at = after
    return starts, ends, at


def _cut_off(rest: bytes, record: int, offset: int, source: str) -> DataError:
    if len(rest) < _HEAD.size:
        problem = f"the stream is cut off: {len(rest)} bytes of a record's head, which has {_HEAD.size}"
    else:
        length = _HEAD.unpack_from(rest)[1]
        problem = f"the stream is cut off: {len(rest) - _HEAD.size:,} bytes of a record of {length:,}, padded to four"
    return broken(record, offset, problem, source)
