"""A table held against its contract."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import DataError
from pipeline.schema.arrow import arrow_type
from pipeline.schema.contract import INTEGER_TYPES, NUMERIC_TYPES, Column, Schema
from pipeline.schema.text import bad_value, expectation


def conform(table: Any, schema: Schema, *, offset: int = 0, surplus: bool = True) -> Any:
    """The table's columns in the contract's order and types.

    Numbers are widened, and narrowed where no value changes. A missing column, a value that does not fit, a null
    where none is allowed and, unless `surplus`, a column the contract does not know raise DataError; rows count
    from 1 past `offset`.
    """
    names = table.schema.names
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise DataError("the column stands twice", column=doubled)
    missing = [column.name for column in schema.columns if column.name not in names]
    if missing:
        raise DataError(f"column {missing[0]!r} is missing", expected=f"the columns {', '.join(schema.names)}")
    if not surplus:
        extra = [name for name in names if name not in schema]
        if extra:
            raise DataError(f"column {extra[0]!r} is not known", expected=f"the columns {', '.join(schema.names)}")
    arrays = [conform_column(table[column.name], column, offset) for column in schema.columns]
    return pa.table(arrays, names=schema.names)


def conform_column(array: Any, column: Column, offset: int = 0) -> Any:
    """One column as the contract wants it; see conform."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if array.null_count and not column.nullable:
        row = int(np.argmin(array.is_valid().to_numpy(zero_copy_only=False)))
        raise DataError("the value is missing", row=offset + row + 1, column=column.name, expected=expectation(column))
    if column.struct != "basic":
        _check_vectors(array, column, offset)
        return array
    target = arrow_type(column)
    if array.type == target:
        return array
    if not _castable(array.type, column):
        raise DataError(f"values of type {array.type}", column=column.name, expected=expectation(column))
    try:
        return array.cast(target)
    except pa.ArrowInvalid:
        raise _first_misfit(array, target, column, offset) from None


def _check_vectors(array: Any, column: Column, offset: int) -> None:
    kind = array.type
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    # Spark's own layout of a vector has a size where it is sparse.
    spark = pa.types.is_struct(kind) and {"size", "indices", "values"} <= {field.name for field in kind}
    fits = listed and (_is_text(kind.value_type) if column.type == "string" else _is_number(kind.value_type))
    if not spark and not fits:
        raise DataError(f"values of type {kind}", column=column.name, expected=expectation(column))
    if column.size is None or (pa.types.is_fixed_size_list(kind) and kind.list_size == column.size):
        return
    sizes = pc.list_value_length(array.field("values") if spark else array)
    if spark:
        sizes = pc.coalesce(array.field("size"), sizes)
    row = pc.not_equal(sizes, column.size).index(True).as_py()
    if row >= 0:
        problem = f"a vector of {sizes[row]} values"
        raise DataError(problem, row=offset + row + 1, column=column.name, expected=expectation(column))


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _castable(kind: Any, column: Column) -> bool:
    if pa.types.is_null(kind):
        return True
    if column.type in NUMERIC_TYPES:
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
    return column.type == "string" and _is_text(kind)


def _first_misfit(array: Any, target: Any, column: Column, offset: int) -> DataError:
    if column.type in INTEGER_TYPES:
        narrowed = array.cast(target, safe=False)
        changed = pc.not_equal(narrowed.cast(array.type, safe=False), array).fill_null(False)
        row = int(np.argmax(changed.to_numpy(zero_copy_only=False)))
        return bad_value(array[row].as_py(), column, offset + row + 1)
    return DataError("a value does not fit", column=column.name, expected=expectation(column))
