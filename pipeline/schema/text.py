"""What the text of one cell may say: written once, for ETL, endpoint and batch.

Numbers are plain decimal literals; Java's `1d`, hexadecimal floats, digit groups and a decimal that overflows
are refused. NaN and the infinities are values of the float types, in any case. An unquoted empty cell is null,
a quoted one is the empty string.
"""

from __future__ import annotations

import math
import re
from typing import Any, List, Optional, Union

from pipeline.errors import DataError
from pipeline.schema.contract import FLOAT_TYPES, INTEGER_TYPES, Column, Schema

# The same grammar in Java's and Python's regular expressions; spaces and tabs around a number are trimmed.
DECIMAL = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
NON_FINITE = r"([nN][aA][nN]|[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?)"
INTEGER = r"[+-]?[0-9]+(\.0*)?"
TRUE = ("true", "1")
FALSE = ("false", "0")
SPACE = " \t"

INTEGER_BITS = {"byte": 8, "short": 16, "int": 32, "long": 64}
_FLOAT32_MAX = 3.4028235677973366e38  # the first double that rounds to infinity as a float

_decimal = re.compile(DECIMAL)
_non_finite = re.compile(NON_FINITE)
_integer = re.compile(INTEGER)


def expectation(column: Column) -> str:
    """What a column accepts, in words for an error message."""
    words = {
        "string": "text",
        "boolean": "true or false",
        "float": "a number",
        "double": "a number",
    }.get(column.type) or f"a whole number of type {column.type} ({_low(column.type)} to {-_low(column.type) - 1})"
    if column.struct == "vector":
        return f"a list of {column.size or 'some'} numbers"
    if column.struct == "array":
        return f"a list, each {words}"
    return words + (" or nothing" if column.nullable else "")


def parse_cell(text: Optional[str], column: Column, row: int) -> Union[str, bool, int, float, None]:
    """One cell's value; None is null. Raises DataError with row, column, value and expectation."""
    if text is None:
        check_null(column, row)
        return None
    if column.type == "string":
        return text
    value = _parse(text.strip(SPACE), column.type)
    if value is None:
        raise bad_value(text, column, row)
    return value


def check_null(column: Column, row: int) -> None:
    """Accepts a null where one is allowed; else a DataError."""
    if not column.nullable:
        allow = f'null is allowed where the schema says so: {{"name": "{column.name}", "nullable": true}}'
        raise DataError(
            "the value is missing",
            row=row,
            column=column.name,
            expected=expectation(column),
            hint="a row without its label teaches nothing: leave it out" if column.label else allow,
        )


def bad_value(value: Any, column: Column, row: int) -> DataError:
    """The error for a value that its column does not accept."""
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    problem = f"found {shown}"
    if isinstance(value, str) and value.strip(SPACE) == column.name:
        problem += ", the column's own name: this looks like a header row"
    hint = None
    if isinstance(value, str) and '"' in value:
        hint = "a quote is left over: does the whole row stand in quotes, perhaps twice?"
    return DataError(problem, row=row, column=column.name, value=value, expected=expectation(column), hint=hint)


def _parse(text: str, kind: str) -> Union[bool, int, float, None]:
    if kind in FLOAT_TYPES:
        return _parse_float(text, kind)
    if kind in INTEGER_TYPES:
        if not _integer.fullmatch(text):
            return None
        number = int(text.split(".", 1)[0])
        return number if _low(kind) <= number < -_low(kind) else None
    folded = text.lower()
    return True if folded in TRUE else False if folded in FALSE else None


def _parse_float(text: str, kind: str) -> Optional[float]:
    if _non_finite.fullmatch(text):
        return float(text)
    if not _decimal.fullmatch(text):
        return None
    number = float(text)
    if math.isinf(number) or (kind == "float" and abs(number) >= _FLOAT32_MAX):
        return None
    return number


def _low(kind: str) -> int:
    return -(1 << (INTEGER_BITS[kind] - 1))


def ragged(fields: int, line: str, schema: Schema, row: int, delimiter: str = ",") -> DataError:
    """The error for a row with too few or too many values, with the usual causes as hints."""
    names = schema.names
    hint = None
    inner = line.strip()
    if fields == 1 and len(names) > 1:
        if inner[:1] == '"' and inner[-1:] == '"' and delimiter in inner:
            problem = "the whole row stands in quotes and reads as one value"
            hint = "remove the quotes around the rows, or say so in the pipeline file: data.csv.quoted_rows: unwrap"
            return DataError(problem, row=row, value=_short(line), expected=_columns(names), hint=hint)
        other = next((mark for mark in (";", "\t", "|", ",") if mark != delimiter and mark in inner), None)
        if other is not None:
            hint = f"the values look delimited by {other!r}, not {delimiter!r}"
    elif inner[:2] == '""' and inner[-2:] == '""':
        hint = "the rows stand in quotes more than once"
    elif schema.label is None and fields == len(names) + 1:
        hint = "a request holds the features alone: leave the label out"
    problem = f"{fields} {'value' if fields == 1 else 'values'}"
    return DataError(problem, row=row, value=_short(line), expected=_columns(names), hint=hint)


def _columns(names: List[str]) -> str:
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"{len(names)}: {shown}"


def _short(line: str) -> str:
    return line if len(line) <= 80 else line[:77] + "..."
