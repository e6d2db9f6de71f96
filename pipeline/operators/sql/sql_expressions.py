"""Arithmetic of Spark SQL on columns: expressions as documents, and their values."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Text
from pipeline.errors import BundleError
from pipeline.operators.base import KINDS, RowError
from pipeline.operators.sql.casts import cast
from pipeline.operators.values import brief

# {"column": 0, "type": "int"}, {"literal": "2.5", "type": "double"} or
# {"do": "add", "of": [left, right], "ansi": false, "type": "double"}; a literal of null is null.
Expression = Dict[str, Any]

DTYPES: Dict[str, Any] = {
    "byte": np.int8,
    "short": np.int16,
    "int": np.int32,
    "long": np.int64,
    "float": np.float32,
    "double": np.float64,
    "boolean": np.bool_,
}
# What a column may be that is only handed on.
_HANDED_ON = ("string", *(kind for kind in KINDS if kind not in ("number", "text")))
TYPES = (*DTYPES, *_HANDED_ON)
# Deeper than anybody writes, and far from where Python gives up.
_DEEPEST = 100


def checked(expression: Any, where: str, inputs: Sequence[str], depth: int = 0) -> Expression:
    """The expression itself; a BundleError where it is none, or reads what is not among the inputs' types."""
    if not isinstance(expression, dict) or depth > _DEEPEST:
        raise BundleError(f"{where}: {brief(expression)} is not an expression")
    kind = expression.get("type")
    if not isinstance(kind, str) or kind not in (DTYPES if "do" in expression else TYPES):
        raise BundleError(f"{where}: type {brief(kind)} is not known; known: {', '.join(TYPES)}")
    if "column" in expression:
        place = expression["column"]
        if type(place) is not int or not 0 <= place < len(inputs):
            raise BundleError(f"{where}: no input {brief(place)}; there are {len(inputs)}")
        if (kind in DTYPES) != (inputs[place] in DTYPES) or (kind in _HANDED_ON and kind != inputs[place]):
            raise BundleError(f"{where}: input {place} is {inputs[place]}, not {kind}")
    elif "literal" in expression:
        _literal(expression, where)
    else:
        _checked_operation(expression, where, inputs, depth)
    return expression


def _checked_operation(expression: Expression, where: str, inputs: Sequence[str], depth: int) -> None:
    name, of = expression.get("do"), expression.get("of")
    if not isinstance(name, str) or name not in OPERANDS:
        raise BundleError(f"{where}: operation {brief(name)} is not known; known: {', '.join(OPERANDS)}")
    if not isinstance(of, list) or len(of) != OPERANDS[name]:
        raise BundleError(f"{where}: {name} takes {OPERANDS[name]} operands")
    if name in _OF_WHOLE and expression["type"] not in ("byte", "short", "int", "long"):
        raise BundleError(f"{where}: {name} gives no {expression['type']}")
    for one in of:
        if checked(one, where, inputs, depth + 1)["type"] not in DTYPES:
            raise BundleError(f"{where}: {name} takes numbers")


def _literal(expression: Expression, where: str) -> Any:
    text, kind = expression["literal"], expression["type"]
    try:
        if text is None or (kind == "string" and isinstance(text, str)):
            return text
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        dtype = np.dtype(DTYPES[kind])
        return dtype.type(float(text) if dtype.kind == "f" else int(text))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BundleError(f"{where}: {brief(text)} is not a {kind}") from None


def places(expression: Expression) -> List[int]:
    """The inputs that an expression reads, in the order of its text."""
    if "column" in expression:
        return [expression["column"]]
    return [place for one in expression.get("of", ()) for place in places(one)]


def evaluate(expression: Expression, inputs: Sequence[AnyColumn]) -> AnyColumn:
    """The column of an expression; raises RowError where Spark's ANSI mode refuses a row."""
    if "column" in expression:
        column = inputs[expression["column"]]
        if not isinstance(column, Numbers):
            return column
        return Numbers(column.values.astype(DTYPES[expression["type"]], copy=False), column.valid)
    if "literal" in expression:
        return _constant(expression, len(inputs[0]))
    operands = [evaluate(one, inputs) for one in expression["of"]]
    numbers = [one for one in operands if isinstance(one, Numbers)]
    return _operation(expression, numbers)


def _constant(expression: Expression, rows: int) -> AnyColumn:
    value = _literal(expression, "literal")
    if expression["type"] == "string":
        return Text(np.full(rows, -1 if value is None else 0, dtype=np.int32), ["" if value is None else value])
    known = value is not None
    filled = np.full(rows, value if known else 0, dtype=DTYPES[expression["type"]])
    return Numbers(filled, None if known else np.zeros(rows, dtype=bool))


def _operation(expression: Expression, operands: List[Numbers]) -> Numbers:
    name, dtype, ansi = expression["do"], np.dtype(DTYPES[expression["type"]]), bool(expression.get("ansi"))
    valid = _all_valid(operands)
    values = [one.values for one in operands]
    if name in _DIVISIONS:
        zero = values[1] == 0
        if ansi:
            _refuse(zero, valid, expression, values, "division by zero")
        elif zero.any():
            valid = ~zero if valid is None else valid & ~zero
        values[1] = np.where(zero, np.ones(1, dtype=values[1].dtype), values[1])
    with np.errstate(all="ignore"):
        made = _cast(values[0], dtype) if name == "cast" else OPERATIONS[name](*values).astype(dtype, copy=False)
        if ansi:
            _refuse(_overflows(name, made, values), valid, expression, values, f"beyond the type {expression['type']}")
    return Numbers(made, valid)


def _all_valid(operands: Sequence[Numbers]) -> Any:
    masks = [one.valid for one in operands if one.valid is not None]
    return np.logical_and.reduce(masks) if masks else None


def _refuse(wrong: Any, valid: Any, expression: Expression, values: Sequence[Any], problem: str) -> None:
    wrong = wrong if valid is None else wrong & valid
    if not np.any(wrong):
        return
    row = int(np.argmax(wrong))
    shown = ", ".join(str(one[row].item()) for one in values)
    place = (places(expression) or [0])[0]
    raise RowError(f"{expression['do']} of {shown}: {problem}", row=row, place=place, value=shown)


def _cast(values: Any, to: "np.dtype[Any]") -> Any:
    return values != 0 if to.kind == "b" else cast(values, to)


def _overflows(name: str, made: Any, values: Sequence[Any]) -> Any:
    """True where exact arithmetic would not give what was made; floats never overflow."""
    if made.dtype.kind != "i":
        return False
    bounds = np.iinfo(made.dtype)
    if name == "cast":
        return _lost(values[0], made, bounds)
    if name in ("negate", "abs"):
        return values[0] == bounds.min
    if name == "integral_divide":
        return (values[0] == bounds.min) & (values[1] == -1)
    # A remainder is as small as its operands; the others are done again in whole numbers of any size.
    exact = OPERATIONS[name](*(one.astype(object) for one in values)) if name != "remainder" else made
    return np.asarray((exact < bounds.min) | (exact > bounds.max), dtype=bool)


def _lost(values: Any, made: Any, bounds: Any) -> Any:
    if values.dtype.kind != "f":
        return made != values
    return ~((np.floor(values) <= float(bounds.max)) & (np.ceil(values) >= float(bounds.min)))


def _integral_divide(left: Any, right: Any) -> Any:
    quotient = left // right
    # NumPy rounds down, Java to zero.
    return quotient + ((left % right != 0) & ((left < 0) != (right < 0)))


OPERATIONS: Dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "integral_divide": _integral_divide,
    "remainder": np.fmod,
    "negate": np.negative,
    "abs": np.abs,
}
_DIVISIONS: Tuple[str, ...] = ("divide", "integral_divide", "remainder")
_OF_WHOLE = ("integral_divide",)
# How many operands each operation takes.
OPERANDS: Dict[str, int] = {**dict.fromkeys(OPERATIONS, 2), "negate": 1, "abs": 1, "cast": 1}
