"""Numbers as Java prints them: what Spark compares when a number is cast to text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Text

_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7


def java_double(value: float) -> str:
    """A double as `Double.toString` prints it from Java 19 on: the shortest digits that read back the same."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        text = np.format_float_positional(value, trim="0")
        return text if "." in text else text + ".0"
    mantissa, exponent = np.format_float_scientific(value, trim="0", exp_digits=1).split("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def java_text(column: AnyColumn) -> Text:
    """A column of numbers cast to text as Spark casts it; nulls stay null."""
    if not isinstance(column, Numbers):
        raise TypeError(f"{type(column).__name__} has no text")
    values = column.values
    # By their bits: 0.0 and -0.0 are equal numbers but different texts.
    keys = values.view(f"i{values.dtype.itemsize}") if values.dtype.kind == "f" else values
    distinct, codes = np.unique(keys, return_inverse=True)
    codes = codes.astype(np.int32)
    if column.valid is not None:
        codes[~column.valid] = -1
    return Text(codes, [_text(value) for value in distinct.view(values.dtype)])


def _text(value: Any) -> str:
    if isinstance(value, np.bool_):
        return "true" if value else "false"
    if isinstance(value, np.floating):
        return java_double(value)  # type: ignore[arg-type]
    return str(value)
