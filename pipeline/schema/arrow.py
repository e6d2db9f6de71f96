"""The contract as Arrow types."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.schema.contract import Column, Schema

_BASIC = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "byte": pa.int8(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
}


def arrow_schema(schema: Schema) -> Any:
    """The contract as a `pyarrow.Schema`."""
    return pa.schema([pa.field(column.name, arrow_type(column), column.nullable) for column in schema.columns])


def arrow_type(column: Column) -> Any:
    """The `pyarrow.DataType` of one column: vectors of known size are fixed-size lists of doubles."""
    basic = _BASIC[column.type]
    if column.struct == "basic":
        return basic
    if column.struct == "vector" and column.size is not None:
        return pa.list_(basic, column.size)
    return pa.list_(basic)
