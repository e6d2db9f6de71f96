"""Bundle.ML's typed values: {"double": 1.0}, {"type": "list", "string": [...]}, data shapes, and back."""

from __future__ import annotations

import json
import math
from typing import Any, Dict, Iterable, List, Sequence, Tuple

from pipeline.errors import BundleError

Value = Dict[str, Any]

_KINDS = ("double", "float", "int", "long", "short", "byte", "boolean", "string", "data_shape")

# MLeap leaves a scalar's kind out where its value is the kind's default: false, 0 or the empty text.
DEFAULT = object()

# A number that no double holds is how JSON can say infinity: both readers round it there.
_INFINITY, _BEYOND = "\x00infinity", "1e999"


def string(value: str) -> Value:
    """A text."""
    return {"string": value}


def boolean(value: bool) -> Value:
    """True or false."""
    return {"boolean": bool(value)}


def integer(value: int) -> Value:
    """A 32-bit whole number."""
    return {"int": int(value)}


def double(value: float) -> Value:
    """A float64; MLeap's JSON says null for NaN."""
    return {"double": _finite(float(value))}


def string_list(values: Iterable[str]) -> Value:
    """A list of texts."""
    return {"type": "list", "string": list(values)}


def int_list(values: Iterable[int]) -> Value:
    """A list of 32-bit whole numbers."""
    return {"type": "list", "int": [int(value) for value in values]}


def double_list(values: Iterable[float]) -> Value:
    """A list of float64."""
    return {"type": "list", "double": [_finite(float(value)) for value in values]}


def scalar_shape() -> Value:
    """The data shape of one value."""
    return {"base": "scalar", "isNullable": False}


def tensor_shape(size: int) -> Value:
    """The data shape of a vector."""
    return {"base": "tensor", "isNullable": False, "tensorShape": {"dimensions": [{"size": size, "name": ""}]}}


def shape_list(shapes: Sequence[Value]) -> Value:
    """A list of data shapes."""
    return {"type": "list", "data_shape": list(shapes)}


def decode(value: Any, where: str) -> Any:
    """The plain Python value of a typed one; a data shape becomes the tuple of its dimensions.

    Raises BundleError for what is not a typed value.
    """
    if not isinstance(value, dict):
        raise BundleError(f"{where}: {value!r} is not a typed value")
    kinds = [key for key in value if key not in ("type", "isNullable")]
    if not kinds:
        return [] if value.get("type") == "list" else DEFAULT
    if len(kinds) != 1:
        raise BundleError(f"{where}: a typed value has one kind, found {', '.join(kinds)}")
    kind, content = kinds[0], value[kinds[0]]
    if value.get("type") == "list":
        if not isinstance(content, list):
            raise BundleError(f"{where}: a list of {kind} is {type(content).__name__}")
        return [_decode_one(kind, entry, where) for entry in content]
    return _decode_one(kind, content, where)


def _decode_one(kind: str, content: Any, where: str) -> Any:
    if kind in ("double", "float"):
        if content is None:
            return math.nan
        return _number(float, _of(content, (int, float), kind, where), kind, where)
    if kind in ("int", "long", "short", "byte"):
        return _number(int, _of(content, (int, str), kind, where), kind, where)
    if kind == "boolean":
        return _of(content, (bool,), kind, where)
    if kind == "string":
        return _of(content, (str,), kind, where)
    if kind == "data_shape":
        return _shape(content, where)
    raise BundleError(f"{where}: typed value of kind {kind!r} is not known; known: {', '.join(_KINDS)}")


def _number(convert: Any, content: Any, kind: str, where: str) -> Any:
    try:
        number = convert(content)
    except (ValueError, OverflowError):
        raise BundleError(f"{where}: {content!r} is not a {kind}") from None
    if isinstance(number, int) and not -(1 << 63) <= number < 1 << 63:
        raise BundleError(f"{where}: {content!r} is not a {kind}")
    return number


def _of(content: Any, kinds: Tuple[type, ...], kind: str, where: str) -> Any:
    if not isinstance(content, kinds) or (isinstance(content, bool) and bool not in kinds):
        raise BundleError(f"{where}: {content!r} is not a {kind}")
    return content


def _shape(content: Any, where: str) -> Tuple[int, ...]:
    if isinstance(content, dict) and content.get("base") == "scalar":
        return ()
    try:
        dimensions: List[Any] = content["tensorShape"]["dimensions"]
        sizes = tuple(int(dimension["size"]) for dimension in dimensions)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BundleError(f"{where}: {content!r} is not a data shape") from None
    if not sizes or min(sizes) < 0:
        raise BundleError(f"{where}: data shape with dimensions {sizes}")
    return sizes


def to_json(document: Any) -> str:
    """A document of typed values as JSON text that MLeap reads too."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace(json.dumps(_INFINITY), _BEYOND).replace(json.dumps("-" + _INFINITY), "-" + _BEYOND)


def _finite(value: float) -> Any:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else _INFINITY if value > 0 else "-" + _INFINITY
