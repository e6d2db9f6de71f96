"""coalesce: the first of several numbers that is there."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Operator


class Coalesce(Operator):
    """MLeap's `Coalesce`.

    In: numbers, which may be null. Out: the first that is not null, float64; null where all are. NaN is a number.
    Source: ml.combust.mleap.core.feature.CoalesceModel.
    """

    op = "coalesce"

    def __init__(self, nullable_inputs: Sequence[bool]) -> None:
        self.nullable_inputs = tuple(nullable_inputs)

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Coalesce":
        nullable = attributes.need_list("nullable_inputs", bool)
        if not nullable:
            raise BundleError(f"{attributes.where}: nullable_inputs is empty")
        return cls(nullable)

    def attributes(self) -> Dict[str, Any]:
        return {"nullable_inputs": {"type": "list", "boolean": list(self.nullable_inputs)}}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number", nullable=one) for one in self.nullable_inputs]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number", nullable=all(kind.nullable for kind in inputs))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        values = np.zeros(len(inputs[0]))
        found = np.zeros(len(values), dtype=bool)
        for column in inputs:
            assert isinstance(column, Numbers)
            there = ~found if column.valid is None else column.valid & ~found
            values = np.where(there, column.doubles(), values)
            found |= there
        return [Numbers(values, None if found.all() else found)]
