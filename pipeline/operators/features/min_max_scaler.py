"""min_max_scaler: each feature's range moved to a common one."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.features.vectors import compressed, of_size
from pipeline.operators.row_code import RANGE, Lowered, Place, RowCode, VectorPlace
from pipeline.operators.values import double, tensor


class MinMaxScaler(Operator):
    """Spark's `MinMaxScalerModel`.

    In: vectors of the model's length. Out: (value - original_min) * ((max - min) / range) + min; (min + max) / 2 where
    the feature was constant. NaN stays NaN. Sparse vectors become dense unless 0 stays 0 in every feature. MLeap's
    runtime divides by the range before it multiplies: the last digit may differ.
    Source: org.apache.spark.ml.feature.MinMaxScalerModel.
    """

    op = "min_max_scaler"
    stages = ("MinMaxScalerModel",)

    def __init__(self, original_min: Any, original_max: Any, low: float = 0.0, high: float = 1.0) -> None:
        self.original_min = np.asarray(original_min, dtype=np.float64)
        self.original_max = np.asarray(original_max, dtype=np.float64)
        self.min = low
        self.max = high
        with np.errstate(all="ignore"):
            ranges = self.original_max - self.original_min
            self._factors = np.where(ranges == 0, 0.0, (np.float64(high) - low) / np.where(ranges == 0, 1.0, ranges))
        self._constant = self._factors == 0
        self._middle = (low + high) / 2
        every = np.arange(len(self.original_min))
        self._keeps_zero = not self._scaled(np.zeros(len(every)), every).any()

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(stage.originalMin.toArray(), stage.originalMax.toArray(), stage.getMin(), stage.getMax())
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MinMaxScaler":
        low, high = attributes.need_tensor("min", 1), attributes.need_tensor("max", 1)
        if len(low) != len(high):
            raise BundleError(f"{attributes.where}: min has {len(low)} values, max {len(high)}")
        # Not written by MLeap before 0.12.
        to = [float(attributes.need(name, (float, int), default)) for name, default in _RANGE]
        return cls(low, high, *to)

    def attributes(self) -> Dict[str, Any]:
        return {
            "min": tensor(self.original_min),
            "max": tensor(self.original_max),
            "minValue": double(self.min),
            "maxValue": double(self.max),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", len(self.original_min))]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", len(self.original_min))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = of_size(inputs[0], len(self.original_min))
        if isinstance(column, Sparse):
            if self._keeps_zero:
                values = self._scaled(column.values, column.indices)
                return [compressed(Sparse(column.indptr, column.indices, values, column.size))]
            column = column.dense()
        return [compressed(Dense(self._scaled(column.values, slice(None))))]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        place, size = inputs[0], len(self.original_min)
        if not isinstance(place, VectorPlace) or place.size != size:
            return None
        made = code.vector(size)
        constants = code.keep(self.original_min, self._factors, np.full(size, self._middle), self.min)
        code.emit(RANGE, size, constants, place.register, made.register)
        return [made]

    def _scaled(self, values: "np.ndarray[Any, Any]", features: Any) -> "np.ndarray[Any, Any]":
        with np.errstate(all="ignore"):
            moved: "np.ndarray[Any, Any]" = (values - self.original_min[features]) * self._factors[features] + self.min
        constant = self._constant[features]
        if constant.any():
            moved = np.where(constant & ~np.isnan(values), self._middle, moved)
        return moved


_RANGE = (("minValue", 0.0), ("maxValue", 1.0))
