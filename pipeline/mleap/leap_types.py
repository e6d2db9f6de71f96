"""MLeap's data types, as a leap frame's JSON schema says them, beside Arrow's."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.errors import DataError

# How Java writes a number of each of MLeap's basic types, in the code that `struct` and NumPy share.
NUMBERS = {"boolean": ">?", "byte": ">b", "short": ">h", "int": ">i", "long": ">q", "float": ">f", "double": ">d"}
ARROW = {
    "boolean": pa.bool_(),
    "byte": pa.int8(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "byte_string": pa.binary(),
}
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
