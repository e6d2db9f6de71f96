"""Replies: what AWS's XGBoost container says of predictions, and its SparkML container of a bundle's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse, Text
from pipeline.data.cells import DTYPES
from pipeline.errors import PayloadTooLargeError
from pipeline.schema.contract import Column
from pipeline.scoring.outputs import csv_cell, csv_text, json_lines, json_predictions, json_ready
from pipeline.serving.media_types import CSV, JSON, JSON_LINES, JSON_LINES_TEXT
from pipeline.serving.settings import MIB

# Wide features make replies many times the size of their request.
MAX_REPLY = 128 * MIB

# A bundle's column: vectors as a matrix, anything else as JSON-ready values.
Values = np.ndarray[Any, Any] | list[Any]

_NUMPY = orjson.OPT_SERIALIZE_NUMPY


@dataclass(frozen=True)
class Form:
    """How one media type writes rows: `encode` makes the text of a chunk of rows."""

    content_type: bytes
    encode: Callable[[Any], bytes]
    head: bytes = b""
    between: bytes = b""
    tail: bytes = b""

    def write(self, chunks: Iterable[Any]) -> bytes:
        """The whole reply; PayloadTooLargeError above 128 MiB."""
        texts = []
        length = 0
        for chunk in chunks:
            texts.append(self.encode(chunk))
            length += len(texts[-1])
            if length > MAX_REPLY:
                raise PayloadTooLargeError(
                    f"the reply would be larger than {MAX_REPLY // MIB} MiB", hint="send fewer rows at a time"
                )
        return self.head + self.between.join(texts) + self.tail


def _forms(csv: Any, json: Any, lines: Any) -> dict[str, Form]:
    return {
        CSV: Form(b"text/csv; charset=utf-8", csv),
        JSON: Form(b"application/json", json, b'{"predictions":[', b",", b"]}"),
        JSON_LINES: Form(b"application/jsonlines", lines),
    }


def _feature_csv(values: Values) -> bytes:
    if isinstance(values, np.ndarray):
        return b"\n".join(_bare(values)) + b"\n"
    return "".join(csv_cell(value) + "\n" for value in values).encode()


def _feature_json(values: Values) -> bytes:
    if isinstance(values, np.ndarray):
        return b'{"features":[' + b']},{"features":['.join(_rows(values)) + b"]}"
    return orjson.dumps([{"features": value} for value in values])[1:-1]


def _feature_lines(values: Values) -> bytes:
    if isinstance(values, np.ndarray):
        return b'{"features":[' + b']}\n{"features":['.join(_rows(values)) + b"]}\n"
    return b"".join(orjson.dumps({"features": value}, option=orjson.OPT_APPEND_NEWLINE) for value in values)


def _feature_texts(values: Values) -> bytes:
    if isinstance(values, np.ndarray):
        return b'{"source":"' + b'"}\n{"source":"'.join(_bare(values)).replace(b",", b" ") + b'"}\n'
    texts = (value if isinstance(value, str) else csv_cell(value) for value in values)
    return b"".join(orjson.dumps({"source": text}, option=orjson.OPT_APPEND_NEWLINE) for text in texts)


def _rows(matrix: Any) -> list[bytes]:
    """Each row's numbers with commas between, as JSON says them."""
    finite = np.isfinite(matrix).all()
    text = orjson.dumps(np.ascontiguousarray(matrix) if finite else json_ready(matrix), option=_NUMPY)
    return text[2:-2].split(b"],[")


def _bare(matrix: Any) -> list[bytes]:
    # The only texts among numbers are NaN and the infinities.
    return [row.replace(b'"', b"") for row in _rows(matrix)]


SCORE_FORMS = _forms(csv_text, json_predictions, json_lines)
FEATURE_FORMS = {
    **_forms(_feature_csv, _feature_json, _feature_lines),
    JSON_LINES_TEXT: Form(b"application/jsonlines;data=text", _feature_texts),
}


def values_of(column: AnyColumn, output: Column) -> Values:
    """A column's rows as JSON-ready values, numbers of the type that `output` declares; vectors as a matrix."""
    if isinstance(column, Text):
        return [column[row] for row in range(len(column))]
    if isinstance(column, Dense | Sparse):
        return column.values if isinstance(column, Dense) else column.dense().values
    return _numbers(column, output)


def _numbers(column: Numbers, output: Column) -> list[Any]:
    values = json_ready(column.values.astype(DTYPES[output.type]))
    if column.valid is None:
        return values
    return [value if valid else None for value, valid in zip(values, column.valid, strict=True)]
