"""MLeap's data types, as a leap frame's JSON schema says them, beside Arrow's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.errors import DataError

# MLeap's basic type: Arrow's type and the big-endian dtype it is written in.
NUMBERS: dict[str, tuple[Any, Any]] = {
    "boolean": (pa.bool_(), np.dtype("?")),
    "byte": (pa.int8(), np.dtype("i1")),
    "short": (pa.int16(), np.dtype(">i2")),
    "int": (pa.int32(), np.dtype(">i4")),
    "long": (pa.int64(), np.dtype(">i8")),
    "float": (pa.float32(), np.dtype(">f4")),
    "double": (pa.float64(), np.dtype(">f8")),
}
ARROW = {base: arrow for base, (arrow, _) in NUMBERS.items()} | {"string": pa.string(), "byte_string": pa.binary()}
BASES = {arrow: base for base, arrow in ARROW.items()}


def leap_type(kind: Any, nullable: bool, name: str) -> dict[str, Any]:
    """The MLeap type of an Arrow type: a list of doubles is a tensor, any other list an MLeap list.

    Raises DataError for a type MLeap does not have, such as a decimal or a date; `name` is the column's.
    """
    if pa.types.is_list(kind):
        base = BASES.get(kind.value_type)
        struct = "tensor" if base == "double" else "list"
    else:
        base, struct = BASES.get(kind), "basic"
    if base is None:
        raise DataError(
            f"Arrow type {kind} has no MLeap type",
            column=name,
            expected="a boolean, a signed integer, a float, a double, text, or a list of these",
        )
    # MLeap calls a 32-bit integer "integer" when it stands alone and "int" inside a list or tensor.
    if struct == "basic" and base == "int":
        base = "integer"
    return {"type": struct, "base": base, "isNullable": nullable}


def parse_leap_type(document: Any) -> tuple[str, str, bool]:
    """Structure ("basic", "list" or "tensor"), basic type and nullability of a type in a leap frame's schema."""
    if isinstance(document, str):
        document = {"type": "basic", "base": document}
    base = "int" if document["base"] == "integer" else document["base"]
    return document["type"], base, document.get("isNullable", True)
