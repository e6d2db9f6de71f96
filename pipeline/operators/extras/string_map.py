"""string_map: a text to the number that stands for it."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers, Text
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Operator, RowError
from pipeline.operators.values import double, double_list, string, string_list


class StringMap(Operator):
    """MLeap's `StringMap`.

    In: text. Out: float64, the value of the text's label. Null and texts without a label: refused under `error`,
    `default` under `keep`.
    Source: ml.combust.mleap.core.feature.StringMapModel.
    """

    op = "string_map"

    def __init__(
        self, labels: Sequence[str], values: Sequence[float], handle_invalid: str = "error", default: float = 0.0
    ) -> None:
        self.labels = tuple(labels)
        self.values = tuple(values)
        self.handle_invalid = handle_invalid
        self.default = default
        # The last of equal labels wins, as in MLeap's map.
        self._value = dict(zip(self.labels, self.values))

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "StringMap":
        labels = attributes.need_list("labels", str)
        values = attributes.need_list("values", (float, int))
        if len(labels) != len(values):
            raise BundleError(f"{attributes.where}: {len(labels)} labels, but {len(values)} values")
        # MLeap before 0.17 had neither of these.
        policy = attributes.choice("handle_invalid", ("error", "keep"), "error")
        return cls(labels, values, policy, float(attributes.need("default_value", (float, int), 0.0)))

    def attributes(self) -> Dict[str, Any]:
        return {
            "labels": string_list(self.labels),
            "values": double_list(self.values),
            "handle_invalid": string(self.handle_invalid),
            "default_value": double(self.default),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("text")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number")]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        assert isinstance(column, Text)
        if self.handle_invalid == "error":
            self._check(column)
        # A null's code of -1 finds the default at the end.
        values = [*(self._value.get(word, self.default) for word in column.words), self.default]
        return [Numbers(np.array(values, dtype=np.float64)[column.codes])]

    def _check(self, column: Text) -> None:
        unknown = np.array([*(word not in self._value for word in column.words), True])[column.codes]
        if unknown.any():
            row = int(np.argmax(unknown))
            value = column[row]
            problem = "the value is missing" if value is None else f"unseen label {value!r}"
            shown = ", ".join(repr(label) for label in self.labels[:10])
            raise RowError(problem, row=row, value=value, expected=f"one of {shown}")
