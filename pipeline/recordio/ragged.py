"""Many byte strings of different lengths at once: how messages are put together without a loop over rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Union

import numpy as np

Array = Any


@dataclass(frozen=True)
class Ragged:
    """Byte strings one behind the other in `data` (uint8), of `lengths` (int64)."""

    data: Array
    lengths: Array

    def __len__(self) -> int:
        return len(self.lengths)


Part = Union[bytes, Ragged]


def join(count: int, parts: List[Part]) -> Ragged:
    """Row by row the parts' bytes behind each other; bytes stand in every one of the `count` rows."""
    lengths = np.zeros(count, np.int64)
    for part in parts:
        lengths += len(part) if isinstance(part, bytes) else part.lengths
    at = starts_of(lengths)
    data = np.empty(int(lengths.sum()), np.uint8)
    for part in parts:
        if isinstance(part, bytes):
            for place, byte in enumerate(part):
                data[at + place] = byte
            at = at + len(part)
        else:
            data[places(at, part.lengths)] = part.data
            at = at + part.lengths
    return Ragged(data, lengths)


def places(starts: Array, lengths: Array) -> Array:
    """The indices of all bytes of strings that start there."""
    return np.repeat(starts - starts_of(lengths), lengths) + np.arange(int(lengths.sum()))


def starts_of(lengths: Array) -> Array:
    """Where each string starts if they stand one behind the other."""
    return np.cumsum(lengths) - lengths


def varints(numbers: Array) -> Ragged:
    """Numbers from 0 up in protobuf's variable length: seven bits a byte, the lowest first."""
    numbers = np.asarray(numbers).astype(np.uint64)
    lengths = np.ones(len(numbers), np.int64)
    width = 1
    while width < 10 and bool((numbers >> np.uint64(7 * width)).any()):
        lengths += (numbers >> np.uint64(7 * width)) > 0
        width += 1
    shifts = np.arange(width, dtype=np.uint64) * np.uint64(7)
    digits = ((numbers[:, None] >> shifts) & np.uint64(0x7F)).astype(np.uint8)
    order = np.arange(width)
    digits[order < lengths[:, None] - 1] |= 0x80
    return Ragged(digits[order < lengths[:, None]], lengths)


def grouped(strings: Ragged, starts: Array) -> Ragged:
    """Strings put together in groups; `starts` has one entry more than there are groups."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(strings.lengths)])
    return Ragged(strings.data, before[starts[1:]] - before[starts[:-1]])
