"""The text of a bundle's columns, as AWS's SparkML container says it.

Rows are a float64 matrix, a vector a row, or JSON-ready values. Each function writes one line or object a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from pipeline.scoring.text import csv_cell, json_ready

Rows = np.ndarray[Any, Any] | list[Any]

_NUMPY = orjson.OPT_SERIALIZE_NUMPY


def features_csv(rows: Rows) -> bytes:
    """Cells of CSV: a vector's numbers by commas, or the value."""
    if isinstance(rows, np.ndarray):
        return b"\n".join(_bare(rows)) + b"\n"
    return "".join(csv_cell(value) + "\n" for value in rows).encode()


def features_json(rows: Rows) -> bytes:
    """{"features": ...} with commas between, as they stand in {"predictions": [...]}."""
    if isinstance(rows, np.ndarray):
        return b'{"features":[' + b']},{"features":['.join(_numbers(rows)) + b"]}"
    return orjson.dumps([{"features": value} for value in rows])[1:-1]


def features_json_lines(rows: Rows) -> bytes:
    """{"features": ...}, each on its line."""
    if isinstance(rows, np.ndarray):
        return b'{"features":[' + b']}\n{"features":['.join(_numbers(rows)) + b"]}\n"
    return b"".join(orjson.dumps({"features": value}, option=orjson.OPT_APPEND_NEWLINE) for value in rows)


def features_text_lines(rows: Rows) -> bytes:
    """{"source": text}, each on its line: a vector's numbers by spaces, or the value's text."""
    if isinstance(rows, np.ndarray):
        return b'{"source":"' + b'"}\n{"source":"'.join(_bare(rows)).replace(b",", b" ") + b'"}\n'
    texts = (value if isinstance(value, str) else csv_cell(value) for value in rows)
    return b"".join(orjson.dumps({"source": text}, option=orjson.OPT_APPEND_NEWLINE) for text in texts)


def _numbers(matrix: Any) -> list[bytes]:
    """Each row's numbers with commas between, as JSON says them."""
    finite = np.isfinite(matrix).all()
    text = orjson.dumps(np.ascontiguousarray(matrix) if finite else json_ready(matrix), option=_NUMPY)
    return text[2:-2].split(b"],[")


def _bare(matrix: Any) -> list[bytes]:
    # The only texts among numbers are NaN and the infinities.
    return [row.replace(b'"', b"") for row in _numbers(matrix)]
