"""MLeap's binary leap frames as Arrow tables; sparse tensors become dense ones. The format is told in leap_encode."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.errors import DataError
from pipeline.mleap.leap_types import ARROW, NUMBERS, parse_leap_type

DENSE = 0

# A reader takes the frame and a position, and gives the value there and the position after it.
Reader = Callable[[bytes, int], tuple[Any, int]]


def decode(frame: bytes) -> pa.Table:
    """The frame as a table: scalars and lists as their Arrow types, tensors as lists of their base, row-major."""
    size = _int(frame, 0)
    fields = json.loads(frame[4 : 4 + size])["fields"]
    rows, position = _int(frame, 4 + size), 8 + size
    readers = [_reader(field) for field in fields]
    columns: list[list[Any]] = [[] for _ in fields]
    pairs = [(reader, column.append) for reader, column in zip(readers, columns, strict=True)]
    for _ in range(rows):
        for reader, append in pairs:
            value, position = reader(frame, position)
            append(value)
    types = [_arrow_type(field["type"]) for field in fields]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.table(arrays, names=[field["name"] for field in fields])


def _int(frame: bytes, position: int) -> int:
    return int.from_bytes(frame[position : position + 4], "big")


def _arrow_type(document: Any) -> Any:
    structure, base, _ = parse_leap_type(document)
    return ARROW[base] if structure == "basic" else pa.list_(ARROW[base])


def _reader(field: dict[str, Any]) -> Reader:
    structure, base, nullable = parse_leap_type(field["type"])
    if structure == "tensor" and base not in NUMBERS:
        raise DataError(f"a tensor of {base} has no Arrow type", column=field["name"])
    read = {"basic": _scalar, "list": _list, "tensor": _tensor}[structure](base)
    if not nullable:
        return read
    return lambda frame, position: read(frame, position + 1) if frame[position] else (None, position + 1)


def _scalar(base: str) -> Reader:
    if base in NUMBERS:
        number = struct.Struct(NUMBERS[base])
        unpack, width = number.unpack_from, number.size
        return lambda frame, position: (unpack(frame, position)[0], position + width)

    def read(frame: bytes, position: int) -> tuple[Any, int]:
        start = position + 4
        end = start + _int(frame, position)
        return (frame[start:end].decode() if base == "string" else frame[start:end]), end

    return read


def _list(base: str) -> Reader:
    item = _scalar(base)

    def read(frame: bytes, position: int) -> tuple[Any, int]:
        values, count = [], _int(frame, position)
        position += 4
        for _ in range(count):
            value, position = item(frame, position)
            values.append(value)
        return values, position

    return read


def _tensor(base: str) -> Reader:
    dtype = np.dtype(NUMBERS[base])
    native = dtype.newbyteorder("=")
    head = struct.Struct(">HH").unpack_from

    def read(frame: bytes, position: int) -> tuple[Any, int]:
        kind, rank = head(frame, position)
        *shape, count = struct.unpack_from(f">{rank + 1}i", frame, position + 4)
        position += 8 + 4 * rank
        values = np.frombuffer(frame, dtype, count, position).astype(native)
        position += count * dtype.itemsize
        if kind == DENSE:
            return values, position
        entry = np.dtype([("rank", ">u2"), ("index", ">i4", (rank,))])
        stored = _int(frame, position)
        indices = np.frombuffer(frame, entry, stored, position + 4)["index"]
        dense = np.zeros(shape, native)
        dense[tuple(indices.T)] = values
        return dense.ravel(), position + 4 + stored * entry.itemsize

    return read
