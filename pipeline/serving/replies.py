"""Replies: what AWS's XGBoost container says of predictions, and its SparkML container of a bundle's columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.columns import AnyColumn, Numbers
from pipeline.data.cells import DTYPES
from pipeline.errors import PayloadTooLargeError
from pipeline.schema.contract import Column
from pipeline.scoring.feature_text import Rows, features_csv, features_json, features_json_lines, features_text_lines
from pipeline.scoring.outputs import csv_text, json_lines, json_predictions
from pipeline.scoring.text import json_ready, rows_of
from pipeline.serving.media_types import CSV, JSON, JSON_LINES, JSON_LINES_TEXT
from pipeline.serving.settings import MIB

# Wide features make replies many times the size of their request.
MAX_REPLY = 128 * MIB


@dataclass(frozen=True)
class Reply:
    """The body of a 200 and its Content-Type."""

    content_type: bytes
    body: bytes


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


SCORE_FORMS = _forms(csv_text, json_predictions, json_lines)
FEATURE_FORMS = {
    **_forms(features_csv, features_json, features_json_lines),
    JSON_LINES_TEXT: Form(b"application/jsonlines;data=text", features_text_lines),
}


def values_of(column: AnyColumn, output: Column) -> Rows:
    """A column's rows as JSON-ready values, numbers of the type that `output` declares; vectors as a matrix."""
    return _numbers(column, output) if isinstance(column, Numbers) else rows_of(column)


def _numbers(column: Numbers, output: Column) -> list[Any]:
    values = json_ready(column.values.astype(DTYPES[output.type]))
    if column.valid is None:
        return values
    return [value if valid else None for value, valid in zip(values, column.valid, strict=True)]
