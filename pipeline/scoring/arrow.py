"""Between Arrow's columns and the scorer's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.columns import AnyColumn, Dense, Maps, Numbers, Sparse, Text, TextLists, VectorLists
from pipeline.errors import DataError
from pipeline.operators.features.vector_assembler import DENSE_UP_TO
from pipeline.scoring.arrow_lists import lists_to_arrow, maps_from_arrow, texts_from_arrow

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
    if pa.types.is_dictionary(kind) or _is_text(kind):
        return _text(array)
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        valid = None if array.null_count == 0 else array.is_valid().to_numpy(zero_copy_only=False)
        if valid is not None:
            array = array.fill_null(False if pa.types.is_boolean(kind) else 0)
        return Numbers(array.to_numpy(zero_copy_only=False), valid)
    if pa.types.is_struct(kind) and {"size", "indices", "values"} <= {field.name for field in kind}:
        return _vector_udt(array, name, offset)
    if pa.types.is_map(kind):
        return maps_from_arrow(array)
    if pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return texts_from_arrow(array) if _is_text(kind.value_type) else _lists(array, name, offset)
    raise DataError(f"values of Arrow type {kind} cannot be scored", column=name)


def to_arrow(column: AnyColumn) -> Any:
    """The Arrow array of a scorer's column.

    Numbers, text, fixed-size lists for vectors, Spark's struct for wide sparse ones; lists and maps as they are.
    """
    if isinstance(column, Numbers):
        return pa.array(column.values, mask=None if column.valid is None else ~column.valid)
    if isinstance(column, Text):
        codes = pa.array(column.codes, type=pa.int32(), mask=column.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(column.words, type=pa.string())).cast(pa.string())
    if isinstance(column, TextLists | VectorLists | Maps):
        return lists_to_arrow(column)
    if isinstance(column, Sparse) and column.size > DENSE_UP_TO:
        return _sparse_struct(column)
    dense = column.dense() if isinstance(column, Sparse) else column
    if not dense.size:
        # Arrow makes no fixed-size list of length 0 from values alone.
        return pa.array([[]] * len(dense), type=pa.list_(pa.float64(), 0))
    return pa.FixedSizeListArray.from_arrays(pa.array(dense.values.ravel()), dense.size)


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _text(array: Any) -> Text:
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    codes = array.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Text(codes, array.dictionary.to_pylist())


def _lists(array: Any, name: str, offset: int) -> Dense:
    _refuse_nulls(array, "the vector is missing", name, offset)
    if not pa.types.is_fixed_size_list(array.type):
        sizes = pc.list_value_length(array).to_numpy(zero_copy_only=False)
        if len(sizes) and (sizes != sizes[0]).any():
            row = int(np.argmax(sizes != sizes[0]))
            problem = f"a vector of {sizes[row]} values"
            raise DataError(problem, row=offset + row + 1, column=name, expected=f"{sizes[0]} values")
    flat = array.flatten()
    width = len(flat) // len(array) if len(array) else 0
    _refuse_nulls(flat, "a value of the vector is missing", name, offset, width)
    return Dense(flat.cast(pa.float64()).to_numpy(zero_copy_only=False).reshape(len(array), width))


def _vector_udt(array: Any, name: str, offset: int) -> AnyColumn:
    values, indices = array.field("values"), array.field("indices")
    _refuse(pc.or_(array.is_null(), values.is_null()), "the vector is missing", name, offset)
    stored = pc.list_value_length(values)
    widths = pc.coalesce(array.field("size"), stored)
    width = widths[0].as_py() if len(array) else 0
    row = pc.not_equal(widths, width).index(True).as_py()
    if row >= 0:
        problem = f"a vector of {widths[row]} values"
        raise DataError(problem, row=offset + row + 1, column=name, expected=f"{width} values")
    indptr = np.zeros(len(array) + 1, dtype=np.int64)
    np.cumsum(stored, out=indptr[1:])
    flat = values.flatten()
    missing = flat.is_null().index(True).as_py()
    if missing >= 0:
        row = int(np.searchsorted(indptr, missing, side="right"))
        raise DataError("a value of the vector is missing", row=offset + row, column=name)
    if indices.null_count == len(array):
        return Dense(flat.to_numpy(zero_copy_only=False).reshape(len(array), width))
    places = pc.coalesce(pc.list_value_length(indices), widths)
    _refuse(pc.not_equal(places, stored), "indices and values differ in number", name, offset)
    column = Sparse(indptr, _indices(indices, width), flat.to_numpy(zero_copy_only=False), width)
    _check_indices(column, name, offset)
    return column


def _indices(indices: Any, width: int) -> np.ndarray[Any, Any]:
    """The indices of all rows; a row that has none stores every value."""
    if indices.null_count == 0:
        return np.asarray(indices.flatten().fill_null(-1), dtype=np.int32)
    every = list(range(width))
    parts = [every if row is None else [-1 if place is None else place for place in row] for row in indices.to_pylist()]
    return np.concatenate([np.asarray(part, dtype=np.int32) for part in parts])


def _check_indices(column: Sparse, name: str, offset: int) -> None:
    indices = column.indices
    wrong = (indices < 0) | (indices >= column.size)
    wrong[1:] |= (np.diff(indices) <= 0) & (np.diff(column.rows()) == 0)
    if wrong.any():
        row = int(column.rows()[int(np.argmax(wrong))])
        expected = f"rising indices from 0 to {column.size - 1}"
        raise DataError("the vector's indices are wrong", row=offset + row + 1, column=name, expected=expected)


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


def _refuse_nulls(array: Any, problem: str, name: str, offset: int, width: int = 1) -> None:
    if array.null_count:
        _refuse(array.is_null(), problem, name, offset, width)


def _refuse(nulls: Any, problem: str, name: str, offset: int, width: int = 1) -> None:
    first = nulls.index(True).as_py()
    if first >= 0:
        raise DataError(problem, row=offset + first // width + 1, column=name)
