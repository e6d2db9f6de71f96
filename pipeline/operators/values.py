"""Bundle.ML's typed values: {"double": 1.0}, {"type": "list", "string": [...]}, data shapes, and back."""

from __future__ import annotations

import json
import math
from typing import Any, Callable, Dict, Iterable, List, Sequence, Tuple

import numpy as np

from pipeline.errors import BundleError

Value = Dict[str, Any]

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


def long(value: int) -> Value:
    """A 64-bit whole number."""
    return {"long": int(value)}


def long_list(values: Iterable[int]) -> Value:
    """A list of 64-bit whole numbers."""
    return {"type": "list", "long": [int(value) for value in values]}


def tensor(array: Any) -> Value:
    """An array of float64 of any shape: a vector, a matrix row by row."""
    return {"type": "tensor", **_tensor(array)}


def tensor_list(arrays: Iterable[Any]) -> Value:
    """A list of arrays of float64."""
    return {"type": "list", "tensor": [_tensor(array) for array in arrays]}


def _tensor(array: Any) -> Value:
    matrix = np.asarray(array, dtype=np.float64)
    dimensions = [{"size": size, "name": ""} for size in matrix.shape]
    return {"double": [_finite(value) for value in matrix.ravel().tolist()], "shape": {"dimensions": dimensions}}


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
    """The plain Python value of a typed one: a data shape the tuple of its dimensions, a tensor a float64 array.

    Raises BundleError for what is not a typed value.
    """
    if not isinstance(value, dict):
        raise BundleError(f"{where}: {brief(value)} is not a typed value")
    if value.get("type") == "tensor":
        return _array(value, where)
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
    if kind not in _DECODERS:
        raise BundleError(f"{where}: typed value of kind {kind!r} is not known; known: {', '.join(_DECODERS)}")
    return _DECODERS[kind](kind, content, where)


def _float(kind: str, content: Any, where: str) -> float:
    if content is None:
        return math.nan
    number: float = _number(float, _of(content, (int, float), kind, where), kind, where)
    return number


def _whole(kind: str, content: Any, where: str) -> Any:
    return _number(int, _of(content, (int, str), kind, where), kind, where)


def _number(convert: Any, content: Any, kind: str, where: str) -> Any:
    try:
        number = convert(content)
    except (ValueError, OverflowError):
        raise BundleError(f"{where}: {brief(content)} is not a {kind}") from None
    if isinstance(number, int) and not -(1 << 63) <= number < 1 << 63:
        raise BundleError(f"{where}: {brief(content)} is not a {kind}")
    return number


def _of(content: Any, kinds: Tuple[type, ...], kind: str, where: str) -> Any:
    if not isinstance(content, kinds) or (isinstance(content, bool) and bool not in kinds):
        raise BundleError(f"{where}: {brief(content)} is not a {kind}")
    return content


def _array(content: Any, where: str) -> "np.ndarray[Any, Any]":
    try:
        sizes = [int(dimension["size"]) for dimension in content["shape"]["dimensions"]]
        kind = next(key for key in content if key not in ("type", "shape"))
        values = [_decode_one(kind, one, where) for one in content[kind]]
        return np.array(values, dtype=np.float64).reshape(sizes)
    except (KeyError, TypeError, ValueError, OverflowError, StopIteration):
        raise BundleError(f"{where}: not a tensor: values, and a shape that fits them, are expected") from None


def _shape(content: Any, where: str) -> Tuple[int, ...]:
    if isinstance(content, dict) and content.get("base") == "scalar":
        return ()
    try:
        dimensions: List[Any] = content["tensorShape"]["dimensions"]
        sizes = tuple(int(dimension["size"]) for dimension in dimensions)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise BundleError(f"{where}: {brief(content)} is not a data shape") from None
    if not sizes or min(sizes) < 0:
        raise BundleError(f"{where}: data shape with dimensions {sizes}")
    return sizes


_DECODERS: Dict[str, Callable[[str, Any, str], Any]] = {
    **dict.fromkeys(("double", "float"), _float),
    **dict.fromkeys(("int", "long", "short", "byte"), _whole),
    "boolean": lambda kind, content, where: _of(content, (bool,), kind, where),
    "string": lambda kind, content, where: _of(content, (str,), kind, where),
    "basic_type": lambda kind, content, where: _of(content, (str,), kind, where),
    "data_shape": lambda _, content, where: _shape(content, where),
    "tensor": lambda _, content, where: _array(content, where),
}


def brief(value: Any) -> str:
    """A value as an error shows it, cut where it is long."""
    text = repr(value[:100] if isinstance(value, (str, list)) else value)
    return text if len(text) <= 100 else text[:97] + "..."


def to_json(document: Any) -> str:
    """A document of typed values as JSON text that MLeap reads too."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.replace("\uffff", "\\uffff")  # as itself it ends the input of MLeap's parser
    return text.replace(json.dumps(_INFINITY), _BEYOND).replace(json.dumps("-" + _INFINITY), "-" + _BEYOND)


def _finite(value: float) -> Any:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else _INFINITY if value > 0 else "-" + _INFINITY
