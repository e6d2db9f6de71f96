"""max_abs_scaler: each value over the largest absolute value of its feature."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn
from pipeline.operators.base import Attributes, ColumnType, Operator
from pipeline.operators.features.vectors import of_size_up_to, reciprocals, scaled
from pipeline.operators.row_code import MULTIPLY, Lowered, Place, RowCode, VectorPlace
from pipeline.operators.values import tensor


class MaxAbsScaler(Operator):
    """Spark's `MaxAbsScalerModel` as MLeap's serialiser writes it; here it is written as a standard_scaler.

    In: vectors. Out: value * (1 / max_abs), a factor of 1 where that is 0; sparse stays sparse, NaN stays NaN. MLeap's
    runtime divides, and clips to -1 and 1, as Spark did before 3.
    Source: org.apache.spark.ml.feature.MaxAbsScalerModel.
    """

    op = "max_abs_scaler"

    def __init__(self, max_abs: Any) -> None:
        self.max_abs = max_abs
        self._factors = reciprocals(max_abs, 1.0)

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MaxAbsScaler":
        return cls(attributes.need_tensor("maxAbs", 1))

    def attributes(self) -> Dict[str, Any]:
        return {"maxAbs": tensor(self.max_abs)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", len(self.max_abs))]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", inputs[0].size or len(self.max_abs))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [scaled(of_size_up_to(inputs[0], len(self.max_abs)), self._factors)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        place = inputs[0]
        # A zero that a sparse vector leaves out must stay one.
        usual = np.isfinite(self._factors).all()
        if not usual or not isinstance(place, VectorPlace) or place.size != len(self._factors):
            return None
        made = code.vector(place.size)
        code.emit(MULTIPLY, place.size, code.keep(self._factors), place.register, made.register)
        return [made]
