"""Small bodies as the scorer's columns, without the fixed costs of bulk parsing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.columns import AnyColumn
from pipeline.data.cells import json_column, text_column
from pipeline.errors import DataError
from pipeline.schema.contract import Schema
from pipeline.schema.text import ragged

Columns = dict[str, AnyColumn]


def columns_of_lines(lines: Sequence[str], schema: Schema, offset: int = 0) -> Columns:
    """Lines of CSV without quotes as columns; an empty cell is null. Raises DataError."""
    width = len(schema.columns)
    rows = []
    for row, line in enumerate(lines, start=offset + 1):
        cells = line.split(",")
        if len(cells) != width:
            raise ragged(len(cells), line, schema, row)
        rows.append(cells)
    return {
        column.name: text_column([cell or None for cell in cells], column, offset)
        for column, cells in zip(schema.columns, zip(*rows, strict=True), strict=True)
    }


def columns_of_rows(rows: Sequence[Any], schema: Schema, offset: int = 0) -> Columns:
    """Rows of JSON values as columns: each a list in schema order, or an object by column name.

    A missing or surplus value raises DataError.
    """
    lists = [_in_order(row, schema, number) for number, row in enumerate(rows, start=offset + 1)]
    return {
        column.name: json_column(values, column, offset)
        for column, values in zip(schema.columns, zip(*lists, strict=True), strict=True)
    }


def _in_order(row: Any, schema: Schema, number: int) -> Sequence[Any]:
    if isinstance(row, Mapping):
        for name in schema.names:
            if name not in row:
                raise DataError("the column is missing", row=number, column=name, expected=_names(schema))
        for name in row:
            if name not in schema:
                raise DataError("the column is not known", row=number, column=str(name), expected=_names(schema))
        return [row[name] for name in schema.names]
    if not isinstance(row, list | tuple):
        raise DataError(f"found {row!r}", row=number, expected="a list of values or an object by column name")
    if len(row) != len(schema.columns):
        raise ragged(len(row), str(row), schema, number)
    return row


def _names(schema: Schema) -> str:
    return f"the columns {', '.join(schema.names)}"
