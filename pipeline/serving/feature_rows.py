"""Rows of features as XGBoost's container takes them: CSV without header or label, and libsvm."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from pipeline.errors import DataError
from pipeline.schema.contract import Column
from pipeline.schema.text import DECIMAL, NON_FINITE, parse_cell

Matrix = np.ndarray[Any, np.dtype[np.float64]]

_NUMBER = rf"(?:{DECIMAL}|{NON_FINITE})"
_FEATURE = re.compile(rf"([0-9]{{1,9}}):({_NUMBER})")
_LABEL = re.compile(rf"{_NUMBER}(:{_NUMBER})?")


def csv_matrix(lines: Sequence[str], width: int, offset: int) -> Matrix:
    """Lines of numbers as float64 of shape (lines, width), an empty cell as NaN, which is XGBoost's missing value.

    Raises DataError naming row, past `offset`, and feature; a row of any other length is refused, where XGBoost's
    container would take what is not there for missing.
    """
    for place, line in enumerate(lines):
        if line.count(",") != width - 1:
            raise _ragged(line.count(",") + 1, width, offset + place + 1)
    text = ",".join(lines)
    cells = text.split(",")
    try:
        # Python reads 1_000 as a number; no CSV does.
        values = None if "_" in text else np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        values = None
    if values is None:
        values = np.array([_cell(cell, place, width, offset) for place, cell in enumerate(cells)])
    return values.reshape(len(lines), width)


def libsvm_matrix(lines: Sequence[str], width: int, offset: int) -> Matrix:
    """Lines of `index:value`, indices from 0, as float64 of shape (lines, width); what is absent is NaN, missing.

    A label before the features is passed over. Raises DataError naming the row, past `offset`.
    """
    matrix = np.full((len(lines), width), math.nan)
    for place, line in enumerate(lines):
        tokens = line.partition("#")[0].split()
        if tokens and _LABEL.fullmatch(tokens[0]) and not _FEATURE.fullmatch(tokens[0]):
            del tokens[0]
        for token in tokens:
            feature = _FEATURE.fullmatch(token)
            if feature is None:
                raise _bad_token(token, offset + place + 1, "index:value, with indices from 0")
            if int(feature[1]) >= width:
                raise _bad_token(token, offset + place + 1, f"an index from 0 to {width - 1}")
            matrix[place, int(feature[1])] = float(feature[2])
    return matrix


ReadLines = Callable[[Sequence[str], int, int], Matrix]


def matrices(body: bytes, read: ReadLines, width: int, size: int) -> Iterator[tuple[int, Matrix]]:
    """A body's rows in parts of at most `size`, each with the rows before it; blank lines are no rows."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"the body is not UTF-8: {error.reason} at byte {error.start}") from error
    lines = [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    if not lines:
        raise DataError("the body is empty", expected="at least one row")
    for at in range(0, len(lines), size):
        yield at, read(lines[at : at + size], width, at)


def _cell(text: str, place: int, width: int, offset: int) -> float:
    row, feature = divmod(place, width)
    value = parse_cell(text if text.strip() else None, Column(f"f{feature}", "double", nullable=True), offset + row + 1)
    return math.nan if value is None else float(value)


def _ragged(found: int, width: int, row: int) -> DataError:
    hint = "a request holds the features alone: leave the label out" if found == width + 1 else None
    return DataError(f"{found} values", row=row, expected=f"{width}, the features of the model", hint=hint)


def _bad_token(token: str, row: int, expected: str) -> DataError:
    return DataError(f"found {token[:60]!r}", row=row, value=token[:60], expected=expected)
