"""Universal Binary JSON as XGBoost writes it, read within its bounds.

Source: the UBJSON specification, draft 12; of its containers XGBoost has objects without a size, and arrays that tell
their length, typed or not.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_DEEPEST = 64
_CONSTANTS = {b"Z": None, b"T": True, b"F": False}
_SCALARS = {
    b"i": struct.Struct(">b"),
    b"U": struct.Struct(">B"),
    b"I": struct.Struct(">h"),
    b"l": struct.Struct(">i"),
    b"L": struct.Struct(">q"),
    b"d": struct.Struct(">f"),
    b"D": struct.Struct(">d"),
}
_ARRAYS = {marker: np.dtype(scalar.format) for marker, scalar in _SCALARS.items()}


def loads(data: bytes) -> Any:
    """The value that the bytes hold: dicts, lists, typed arrays as NumPy's, text, numbers, None, True and False.

    Raises ValueError for anything else, a key that stands twice and bytes that are left over.
    """
    reader = _Reader(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise ValueError(f"{len(data) - reader.at} bytes are left over")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def value(self, depth: int) -> Any:
        marker = self._take(1)
        if marker in _SCALARS:
            return self._scalar(marker)
        if marker == b"S":
            return self._text()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        if depth == _DEEPEST:
            raise ValueError("it is nested too deeply")
        if marker == b"{":
            return self._object(depth)
        if marker == b"[":
            return self._array(depth)
        raise ValueError(f"byte {self.at - 1} is {marker!r}, which begins no value")

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._peek() != b"}":
            key = self._text()
            if key in found:
                raise ValueError(f"{key[:40]!r} stands twice")
            found[key] = self.value(depth + 1)
        self.at += 1
        return found

    def _array(self, depth: int) -> Any:
        if self._peek() == b"$":
            self.at += 1
            kind = _ARRAYS.get(self._take(1))
            if kind is None:
                raise ValueError(f"the array before byte {self.at} is of an unknown type")
            length = self._length(b"#L")
            return np.frombuffer(self._take(length * kind.itemsize), kind)
        if self._peek() == b"#":
            return [self.value(depth + 1) for _ in range(self._length(b"#L"))]
        found = []
        while self._peek() != b"]":
            found.append(self.value(depth + 1))
        self.at += 1
        return found

    def _text(self) -> str:
        return self._take(self._length(b"L")).decode("utf-8")

    def _length(self, marker: bytes) -> int:
        if self._take(len(marker)) != marker:
            raise ValueError(f"a length is missing before byte {self.at}")
        length = int(self._scalar(b"L"))
        if length < 0:
            raise ValueError(f"a length before byte {self.at} is negative")
        return length

    def _scalar(self, marker: bytes) -> Any:
        scalar = _SCALARS[marker]
        return scalar.unpack(self._take(scalar.size))[0]

    def _peek(self) -> bytes:
        return self._data[self.at : self.at + 1]

    def _take(self, count: int) -> bytes:
        start, self.at = self.at, self.at + count
        if self.at > len(self._data):
            raise ValueError(f"it ends at byte {len(self._data)}, within a value")
        return self._data[start : self.at]
