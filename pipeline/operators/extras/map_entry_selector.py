"""map_entry_selector: the entry of a map that a text names."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Maps, Numbers, Text
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Operator, RowError
from pipeline.operators.values import boolean, double, long, string

# MLeap's types of values: how they are held, what a default is in Python, how it is written.
_TYPES: Dict[str, Any] = {
    "double": (np.float64, (float, int), double),
    "float": (np.float32, (float, int), lambda value: {"float": double(value)["double"]}),
    "long": (np.int64, int, long),
    "int": (np.int32, int, lambda value: {"int": value}),
    "short": (np.int16, int, lambda value: {"short": value}),
    "byte": (np.int8, int, lambda value: {"byte": value}),
    "boolean": (np.bool_, bool, boolean),
    "string": (None, str, string),
}


class MapEntrySelector(Operator):
    """MLeap's `MapEntrySelector`.

    In: maps from text, and the text of a key. Out: the key's entry, a number or text of type `basic`; `default` where
    the map does not have it. A null map is refused, as MLeap does; an entry that is null stays so.
    Source: ml.combust.mleap.core.feature.MapEntrySelectorModel.
    """

    op = "map_entry_selector"

    def __init__(self, basic: str, default: Any) -> None:
        self.basic = basic
        self.default = default

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MapEntrySelector":
        attributes.choice("key_type", ("string",), "string")
        basic = attributes.choice("value_type", tuple(_TYPES), "")
        default = attributes.need("default_value", _TYPES[basic][1])
        kind = _TYPES[basic][0]
        if isinstance(default, int) and np.dtype(kind).kind == "i" and not _fits(default, kind):
            raise BundleError(f"{attributes.where}: default_value {default} is no {basic}")
        return cls(basic, default)

    def attributes(self) -> Dict[str, Any]:
        return {
            "key_type": {"basic_type": "string"},
            "value_type": {"basic_type": self.basic},
            "default_value": _TYPES[self.basic][2](self.default),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("map"), ColumnType("text")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("text") if self.basic == "string" else ColumnType("number", basic=self.basic)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        maps, keys = inputs
        assert isinstance(maps, Maps)
        assert isinstance(keys, Text)
        chosen = []
        for row, entries in enumerate(maps.values):
            if entries is None:
                raise RowError("the map is missing", row=row, expected="a map")
            key = keys[row]
            chosen.append(self.default if key is None else entries.get(key, self.default))
        return [_texts(chosen) if self.basic == "string" else _numbers(chosen, _TYPES[self.basic][0])]


def _fits(value: int, kind: Any) -> bool:
    return bool(np.iinfo(kind).min <= value <= np.iinfo(kind).max)


def _texts(values: Sequence[Any]) -> Text:
    words: Dict[Any, int] = {}
    codes = [-1 if value is None else words.setdefault(value, len(words)) for value in values]
    return Text(np.array(codes, dtype=np.int32), list(words))


def _numbers(values: Sequence[Any], kind: Any) -> Numbers:
    valid = np.array([value is not None for value in values], dtype=bool)
    filled = np.array([0 if value is None else value for value in values], dtype=kind)
    return Numbers(filled, None if valid.all() else valid)
