"""Between Arrow's columns and the scorer's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse, Text
from pipeline.errors import DataError
from pipeline.operators.vector_assembler import DENSE_UP_TO

# How Spark lays a vector out in Parquet.
VECTOR_UDT = pa.struct(
    [("type", pa.int8()), ("size", pa.int32()), ("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))]
)


def from_arrow(array: Any, name: str, offset: int = 0) -> AnyColumn:
    """The scorer's column of an Arrow array.

    Raises DataError for a type that cannot be scored and for a vector that is missing or lacks a value; `name` is the
    column's, rows count from 1 past `offset`.
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    kind = array.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text(array)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        valid = None if array.null_count == 0 else array.is_valid().to_numpy(zero_copy_only=False)
        if valid is not None:
            array = array.fill_null(False if pa.types.is_boolean(kind) else 0)
        return Numbers(array.to_numpy(zero_copy_only=False), valid)
    if pa.types.is_struct(kind) and {"size", "indices", "values"} <= {field.name for field in kind}:
        return _vector_udt(array, name, offset)
    if pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(array, name, offset)
    raise DataError(f"values of Arrow type {kind} cannot be scored", column=name)


def to_arrow(column: AnyColumn) -> Any:
    """The Arrow array of a scorer's column: numbers, text, fixed-size lists; wide sparse vectors as Spark's struct."""
    if isinstance(column, Numbers):
        return pa.array(column.values, mask=None if column.valid is None else ~column.valid)
    if isinstance(column, Text):
        codes = pa.array(column.codes, type=pa.int32(), mask=column.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.words, type=pa.string())).cast(pa.string())
    if isinstance(column, Sparse) and column.size > DENSE_UP_TO:
        return _sparse_struct(column)
    dense = column.dense() if isinstance(column, Sparse) else column
    return pa.FixedSizeListArray.from_arrays(pa.array(dense.values.ravel()), dense.size)


def _text(array: Any) -> Text:
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    codes = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Text(codes, array.dictionary.to_pylist())


def _lists(array: Any, name: str, offset: int) -> Dense:
    _refuse(array.is_null(), "the vector is missing", name, offset)
    if not pa.types.is_fixed_size_list(array.type):
        sizes = pc.list_value_length(array).to_numpy(zero_copy_only=False)
        if len(sizes) and (sizes != sizes[0]).any():
            row = int(np.argmax(sizes != sizes[0]))
            problem = f"a vector of {sizes[row]} values"
            raise DataError(problem, row=offset + row + 1, column=name, expected=f"{sizes[0]} values")
    flat = array.flatten()
    width = len(flat) // len(array) if len(array) else 0
    _refuse(flat.is_null(), "a value of the vector is missing", name, offset, width)
    return Dense(flat.cast(pa.float64()).to_numpy(zero_copy_only=False).reshape(len(array), width))


def _vector_udt(array: Any, name: str, offset: int) -> AnyColumn:
    _refuse(array.is_null(), "the vector is missing", name, offset)
    values, indices = array.field("values"), array.field("indices")
    lengths = pc.list_value_length(values).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = values.flatten().to_numpy(zero_copy_only=False)
    if indices.null_count == len(array):
        width = int(lengths[0]) if len(lengths) else 0
        if (lengths != width).any():
            raise DataError("vectors of different lengths", column=name)
        return Dense(flat.reshape(len(array), width))
    size = int(pc.max(array.field("size")).as_py())
    stored = [
        np.arange(length) if index is None else np.asarray(index)
        for index, length in zip(indices.to_pylist(), lengths, strict=True)
    ]
    indptr = np.zeros(len(array) + 1, dtype=np.int64)
    np.cumsum(lengths, out=indptr[1:])
    return Sparse(indptr, np.concatenate(stored).astype(np.int32), flat, size)


def _sparse_struct(column: Sparse) -> Any:
    rows = len(column)
    offsets = pa.array(column.indptr.astype(np.int32))
    return pa.StructArray.from_arrays(
        [
            pa.array(np.zeros(rows, dtype=np.int8)),
            pa.array(np.full(rows, column.size, dtype=np.int32)),
            pa.ListArray.from_arrays(offsets, pa.array(column.indices)),
            pa.ListArray.from_arrays(offsets, pa.array(column.values)),
        ],
        fields=list(VECTOR_UDT),
    )


def _refuse(nulls: Any, problem: str, name: str, offset: int, width: int = 1) -> None:
    first = nulls.index(True).as_py()
    if first >= 0:
        raise DataError(problem, row=offset + first // width + 1, column=name)
