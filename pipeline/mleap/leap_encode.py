"""Arrow record batches as MLeap's binary leap frames, column by column in NumPy.

The format (`ml.combust.mleap.binary`): length and JSON of the schema, number of rows, then row by row each value,
big-endian as Java's DataOutputStream writes it. A nullable value follows a byte that says whether it is there; text
and lists follow their length; a dense tensor follows kind, rank, shape and length.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import DataError
from pipeline.mleap.leap_types import BASES, NUMBERS, leap_type

TENSOR_HEAD = np.dtype([("kind", ">u2"), ("rank", ">u2"), ("size", ">i4"), ("length", ">i4")])


@dataclass(frozen=True)
class Cells:
    """The bytes of a column: cell i has `lengths[i]` (int64) of `data` (uint8), one after the other."""

    lengths: Any
    data: Any


def encode(batch: pa.RecordBatch, offset: int = 0) -> bytes:
    """The rows as a leap frame; a column is nullable where it holds a null.

    Raises DataError for a type MLeap does not have, and for a null inside a list; rows count from 1 past `offset`.
    """
    if not batch.num_columns:
        raise DataError("rows without columns cannot be scored")
    fields, cells = [], []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        array = _plain(column)
        fields.append({"name": name, "type": leap_type(array.type, array.null_count > 0, name)})
        cells += _column(array, name, offset)
    schema = json.dumps({"fields": fields}).encode()
    head: bytes = len(schema).to_bytes(4, "big") + schema + batch.num_rows.to_bytes(4, "big")
    rows: bytes = join(cells).data.tobytes()
    return head + rows


def join(columns: Sequence[Cells]) -> Cells:
    """The columns side by side: cell i is the i-th cell of each, in order."""
    widths = np.stack([column.lengths for column in columns], axis=1)
    starts = (np.cumsum(widths) - widths.ravel()).reshape(widths.shape)
    data = np.empty(widths.sum(), np.uint8)
    for column, start in zip(columns, starts.T, strict=True):
        own_start = np.cumsum(column.lengths) - column.lengths
        data[np.repeat(start - own_start, column.lengths) + np.arange(len(column.data))] = column.data
    return Cells(widths.sum(axis=1), data)


def _plain(array: Any) -> Any:
    """Arrow's several spellings of text and of lists brought to one."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array, kind = array.dictionary_decode(), kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return array.cast(pa.string())
    if pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return array.cast(pa.list_(kind.value_type))
    return array


def _column(array: Any, name: str, offset: int) -> list[Cells]:
    if pa.types.is_list(array.type):
        _refuse_missing_items(array, name, offset)
        cells = _list(array.drop_null())
    else:
        cells = _scalars(array.drop_null())
    if not array.null_count:
        return [cells]
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    lengths = np.zeros(len(array), np.int64)
    lengths[valid] = cells.lengths
    return [_fixed(valid), Cells(lengths, cells.data)]


def _refuse_missing_items(array: Any, name: str, offset: int) -> None:
    missing = array.flatten().is_null()
    if missing.true_count:
        row = pc.list_parent_indices(array)[missing.index(True).as_py()].as_py()
        raise DataError("a value inside a list is missing", row=offset + row + 1, column=name)


def _fixed(values: Any) -> Cells:
    data = np.ascontiguousarray(values)
    return Cells(np.full(len(data), data.itemsize, np.int64), data.view(np.uint8))


def _scalars(array: Any) -> Cells:
    if not pa.types.is_string(array.type):
        return _fixed(array.to_numpy(zero_copy_only=False).astype(NUMBERS[BASES[array.type]], copy=False))
    binary = array.cast(pa.binary())
    lengths = pc.binary_length(binary).to_numpy(zero_copy_only=False).astype(np.int64)
    text = np.frombuffer(b"".join(binary.to_pylist()), np.uint8)
    return join([_fixed(lengths.astype(">i4")), Cells(lengths, text)])


def _list(array: Any) -> Cells:
    counts = pc.list_value_length(array).to_numpy(zero_copy_only=False).astype(np.int64)
    items = _scalars(array.flatten())
    starts = np.concatenate([[0], np.cumsum(items.lengths)])
    stops = np.cumsum(counts)
    bodies = Cells(starts[stops] - starts[stops - counts], items.data)
    return join([_fixed(_list_heads(array.type, counts)), bodies])


def _list_heads(kind: Any, counts: Any) -> Any:
    if not pa.types.is_float64(kind.value_type):
        return counts.astype(">i4")
    heads = np.zeros(len(counts), TENSOR_HEAD)
    heads["rank"] = 1
    heads["size"] = heads["length"] = counts
    return heads
