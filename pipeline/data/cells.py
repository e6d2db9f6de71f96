"""Columns of text cells, and of JSON values, as the contract's types: every value held against the contract."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers, Text
from pipeline.errors import DataError
from pipeline.operators.numbers import java_double
from pipeline.schema.contract import FLOAT_TYPES, Column
from pipeline.schema.text import bad_value, check_null, expectation, parse_cell

DTYPES: dict[str, Any] = {
    "boolean": np.bool_,
    "byte": np.int8,
    "short": np.int16,
    "int": np.int32,
    "long": np.int64,
    "float": np.float32,
    "double": np.float64,
}

_plain = re.compile(r"[0-9.eE+-]+")


def text_column(cells: Sequence[str | None], column: Column, offset: int = 0) -> AnyColumn:
    """A column of text cells, None for null; raises DataError with rows counted from 1 past `offset`."""
    if column.type == "double" and (numbers := _plain_numbers(cells)) is not None:
        return numbers
    return _assemble([parse_cell(cell, column, offset + row) for row, cell in enumerate(cells, start=1)], column)


def json_column(values: Sequence[Any], column: Column, offset: int = 0) -> AnyColumn:
    """A column of JSON values; raises DataError with rows counted from 1 past `offset`.

    Numbers may be written as text, whole floats stand for integers, 1 and 0 for booleans, and a number in a column of
    text is compared as Java prints it, as AWS's container does.
    """
    if column.struct != "basic":
        return _vectors(values, column, offset)
    if column.type == "double" and set(map(type, values)) <= {float, int} and (numbers := _finite(values)) is not None:
        return numbers
    return _assemble([_json_value(value, column, offset + row) for row, value in enumerate(values, start=1)], column)


def _plain_numbers(cells: Sequence[str | None]) -> Numbers | None:
    """The numbers of cells that are all plain decimals; None where the contract's grammar must tell."""
    # Of such characters float() accepts just what the grammar does.
    return _finite(cells) if None not in cells and _plain.fullmatch("".join(cells)) else None  # type: ignore[arg-type]


def _finite(values: Sequence[Any]) -> Numbers | None:
    try:
        numbers = np.array(list(map(float, values)))
    except (ValueError, OverflowError):
        return None
    return Numbers(numbers) if np.isfinite(numbers).all() else None


def _assemble(values: list[Any], column: Column) -> AnyColumn:
    if column.type == "string":
        codes = np.arange(len(values), dtype=np.int32)
        if None in values:
            codes[[value is None for value in values]] = -1
            values = ["" if value is None else value for value in values]
        return Text(codes, values)
    dtype = DTYPES[column.type]
    if None not in values:
        return Numbers(np.array(values, dtype=dtype))
    valid = np.array([value is not None for value in values])
    return Numbers(np.array([0 if value is None else value for value in values], dtype=dtype), valid)


def _json_value(value: Any, column: Column, row: int) -> Any:
    if value is None:
        check_null(column, row)
        return None
    if isinstance(value, str):
        return parse_cell(value, column, row)
    fitting = _fit(value, column.type)
    if fitting is None:
        raise bad_value(value, column, row)
    return fitting


def _fit(value: Any, kind: str) -> Any:
    """The JSON value as the type wants it, or None where it does not fit."""
    if isinstance(value, bool):
        return {"boolean": value, "string": str(value).lower()}.get(kind)
    if not isinstance(value, int | float):
        return None
    if kind == "string":
        return str(value) if isinstance(value, int) else java_double(value)
    if kind == "boolean":
        return bool(value) if value in (0, 1) else None
    return _fit_float(value, kind) if kind in FLOAT_TYPES else _fit_integer(value, kind)


def _fit_float(value: int | float, kind: str) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    narrow = kind == "float" and not math.isnan(number) and abs(number) > np.finfo(np.float32).max
    return None if math.isinf(number) or narrow else number


def _fit_integer(value: int | float, kind: str) -> int | None:
    limits = np.iinfo(DTYPES[kind])
    whole = isinstance(value, int) or value.is_integer()
    return int(value) if whole and limits.min <= value <= limits.max else None


def _vectors(values: Sequence[Any], column: Column, offset: int) -> Dense:
    rows = []
    width = column.size
    for row, value in enumerate(values, start=offset + 1):
        if not isinstance(value, list) or column.type == "string":
            raise bad_value(value, column, row)
        width = len(value) if width is None else width
        if len(value) != width:
            raise DataError(f"a list of {len(value)}", row=row, column=column.name, expected=f"{width} numbers")
        cell = Column(column.name, column.type, nullable=False)
        rows.append([_json_value(number, cell, row) for number in value])
    if width is None:
        raise DataError("no rows", column=column.name, expected=expectation(column))
    return Dense(np.array(rows, dtype=np.float64).reshape(len(rows), width))
