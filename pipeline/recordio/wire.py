"""Protobuf messages of many records read side by side, field after field.

All records of a file are written alike, so that what is one step for a record is one for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

import numpy as np

from pipeline.recordio.ragged import Array, places, starts_of

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_LONGEST_VARINT = 10
# A message of this format has fewer; a hostile one could have millions, each a step of its own.
_MOST_FIELDS = 64


class MalformedError(Exception):
    """What is wrong with one of the records: its place among them, and the byte."""

    def __init__(self, record: int, at: int, problem: str) -> None:
        super().__init__(problem)
        self.record, self.at, self.problem = int(record), int(at), problem


@dataclass(frozen=True)
class Spans:
    """Parts of `data` (uint8) from `starts` to `ends`, one for each of `records`, which are numbers from 0."""

    data: Array
    records: Array
    starts: Array
    ends: Array

    def __len__(self) -> int:
        return len(self.records)

    @property
    def lengths(self) -> Array:
        """How many bytes each has."""
        return self.ends - self.starts

    def content(self) -> Array:
        """All their bytes, one span's behind the other's."""
        return self.data[places(self.starts, self.lengths)]

    def error(self, place: int, problem: str) -> MalformedError:
        """The error about one of the spans."""
        return MalformedError(self.records[place], self.starts[place], problem)

    def are(self, text: bytes) -> Array:
        """Which of them hold just that text."""
        same = self.lengths == len(text)
        for at, byte in enumerate(text):
            same[same] = self.data[self.starts[same] + at] == byte
        return same


def fields(spans: Spans) -> Iterator["tuple[int, int, Spans]"]:
    """The fields of messages: number, wire type, and content; those of several messages at once where they agree."""
    at = spans.starts
    for _ in range(_MOST_FIELDS):
        left = np.flatnonzero(at < spans.ends)
        if not len(left):
            return
        spans = Spans(spans.data, spans.records[left], spans.starts[left], spans.ends[left])
        begins = at[left]
        tags, at = _varint(spans, begins)
        for tag in np.unique(tags):
            chosen = np.flatnonzero(tags == tag)
            some = Spans(spans.data, spans.records[chosen], at[chosen], spans.ends[chosen])
            number, kind = int(tag) >> 3, int(tag) & 7
            content = _content(some, kind, begins[chosen])
            at[chosen] = content.ends
            yield number, kind, content
    left = np.flatnonzero(at < spans.ends)
    if len(left):
        raise MalformedError(spans.records[left[0]], at[left[0]], f"a message with more than {_MOST_FIELDS} fields")


def numbers(spans: Spans, *, signed: bool = False) -> "tuple[Array, Array]":
    """Packed variable-length numbers (int64), and how many each span has; below 0 only where they are `signed`."""
    data, lengths = spans.content(), spans.lengths
    last = data < 0x80
    filled = lengths > 0
    open_ended = filled.copy()
    open_ended[filled] = ~last[(starts_of(lengths) + lengths - 1)[filled]]
    if open_ended.any():
        raise spans.error(int(np.flatnonzero(open_ended)[0]), "the last number is cut off")
    stops = np.flatnonzero(last)
    begins = np.concatenate([np.zeros(1, np.int64), stops[:-1] + 1]) if len(stops) else stops
    digit = np.arange(len(data)) - np.repeat(begins, stops - begins + 1)
    owners = np.repeat(np.arange(len(spans)), lengths)
    # Nine digits of seven bits are what an int64 holds; a tenth is the sign.
    if len(digit) and digit.max() >= _LONGEST_VARINT - (not signed):
        raise spans.error(int(owners[digit.argmax()]), "a number above 2^63 - 1")
    parts = (data & 0x7F).astype(np.int64) << (7 * digit)
    values = np.add.reduceat(parts, begins) if len(begins) else parts
    return values, np.bincount(owners[stops], minlength=len(spans)).astype(np.int64)


def _content(spans: Spans, kind: int, begins: Array) -> Spans:
    """What a field holds, where the cursor is behind its tag; `begins` are the places of the tags."""
    at = spans.starts
    if kind == VARINT:
        _, ends = _varint(spans, at)
    elif kind in _WIDTHS:
        ends = at + _WIDTHS[kind]
    elif kind == BYTES:
        lengths, at = _varint(spans, at)
        ends = at + lengths
    else:
        raise MalformedError(spans.records[0], begins[0], f"a field of wire type {kind}, which protobuf does not have")
    beyond = np.flatnonzero((ends > spans.ends) | (ends < at))
    if len(beyond):
        place = beyond[0]
        problem = (
            f"a field of {int(ends[place] - at[place]):,} bytes, where {int(spans.ends[place] - at[place]):,} are left"
        )
        raise MalformedError(spans.records[place], begins[place], problem)
    return Spans(spans.data, spans.records, at, ends)


def _varint(spans: Spans, at: Array) -> "tuple[Array, Array]":
    """One number from each cursor on (int64), and the cursors behind it."""
    values = np.zeros(len(at), np.int64)
    at = at.copy()
    going = np.arange(len(at))
    for digit in range(_LONGEST_VARINT - 1):
        over = going[at[going] >= spans.ends[going]]
        if len(over):
            raise MalformedError(spans.records[over[0]], at[over[0]], "the record ends within a number")
        byte = spans.data[at[going]].astype(np.int64)
        values[going] |= (byte & 0x7F) << (7 * digit)
        at[going] += 1
        going = going[byte >= 0x80]
        if not len(going):
            return values, at
    raise MalformedError(spans.records[going[0]], at[going[0]], "a number above 2^63 - 1")
