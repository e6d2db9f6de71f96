"""The text of values: numbers as JSON takes them, and cells of CSV."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import orjson

from pipeline.columns import AnyColumn, Dense, Maps, Sparse, Text, TextLists, VectorLists

# Fewer numbers are written sooner one by one.
_FEW = 8

# Outside of it Python's and orjson's exponents differ.
_SAME_TEXT = (1e-4, 1e15)


def json_ready(array: np.ndarray[Any, Any]) -> list[Any]:
    """The array as lists; NaN and the infinities, which JSON lacks, as the texts that requests may hold too."""
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return array.tolist()  # type: ignore[no-any-return]
    values = array.astype(object)
    values[np.isnan(array)] = "NaN"
    values[np.isposinf(array)] = "Infinity"
    values[np.isneginf(array)] = "-Infinity"
    return values.tolist()  # type: ignore[no-any-return]


def rows_of(column: AnyColumn) -> np.ndarray[Any, Any] | list[Any]:
    """A column's rows as JSON-ready values; numbers without null and vectors as an array."""
    if isinstance(column, Text | TextLists):
        return [column[row] for row in range(len(column))]
    if isinstance(column, Maps):
        return [None if value is None else dict(value) for value in column.values]
    if isinstance(column, VectorLists):
        return json_ready(column.values)
    if isinstance(column, Dense | Sparse):
        return column.values if isinstance(column, Dense) else column.dense().values
    if column.valid is None:
        return column.values
    return [value if valid else None for value, valid in zip(json_ready(column.values), column.valid, strict=True)]


def csv_cell(value: Any) -> str:
    """One JSON-ready value as a cell of CSV; null is empty, the empty text is in quotes."""
    if isinstance(value, str):
        return _quoted(value) if not value or any(mark in value for mark in '",\r\n') else value
    if isinstance(value, list | dict):
        return _quoted(json.dumps(value, ensure_ascii=False))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def csv_lines(array: np.ndarray[Any, Any]) -> bytes:
    """One line a row of floats, of shape (n,) or (n, cells), with line ends between.

    Each cell is `csv_cell` of the number as float64, in a fraction of the time.
    """
    flat = array.ravel().astype(np.float64)
    text = _numbers(flat) if len(flat) >= _FEW else ",".join(map(str, json_ready(flat))).encode()
    if array.ndim == 1:
        return text.replace(b",", b"\n")
    cells = iter(text.split(b",") if text else [])
    return b"\n".join(map(b",".join, zip(*[cells] * array.shape[1], strict=True)))


def _numbers(flat: np.ndarray[Any, Any]) -> bytes:
    """The numbers as Python writes them, with commas between."""
    text = orjson.dumps(flat, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]
    sizes = np.abs(flat)
    other = np.flatnonzero(~((sizes >= _SAME_TEXT[0]) & (sizes < _SAME_TEXT[1]) | (sizes == 0)))
    if not len(other):
        return text
    cells = text.split(b",")
    for place, value in zip(other.tolist(), json_ready(flat[other]), strict=True):
        cells[place] = str(value).encode()
    return b",".join(cells)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
