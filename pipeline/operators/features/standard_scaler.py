"""standard_scaler: each value less its feature's mean, over its standard deviation."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.features.vectors import of_size_up_to, reciprocals, scaled
from pipeline.operators.row_code import MULTIPLY, SUBTRACT, Lowered, Place, RowCode, VectorPlace
from pipeline.operators.values import tensor


class StandardScaler(Operator):
    """Spark's `StandardScalerModel`, and the models that scale the same way: `RobustScalerModel`, `MaxAbsScalerModel`.

    In: vectors. Out: (value - mean) * (1 / std), a factor of 0 where the standard deviation is 0. Without a mean sparse
    vectors stay sparse; with one, what they leave out is 0.0 less the mean. NaN stays NaN. A vector longer than the
    model's is refused, a shorter one passes.
    Source: org.apache.spark.ml.feature.StandardScalerModel.
    """

    op = "standard_scaler"
    stages = ("StandardScalerModel", "RobustScalerModel", "MaxAbsScalerModel")

    def __init__(self, mean: Optional[Any], std: Optional[Any]) -> None:
        self.mean = None if mean is None else np.asarray(mean, dtype=np.float64)
        self.std = None if std is None else np.asarray(std, dtype=np.float64)
        self._factors = None if self.std is None else reciprocals(self.std, 0.0)
        self._size = len(self.std if self.mean is None else self.mean)  # type: ignore[arg-type]

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        kind = type(stage).__name__
        if kind == "MaxAbsScalerModel":
            # MLeap's max_abs_scaler divides and clips, as Spark did before 3; 1 / v is Spark's factor since.
            largest = stage.maxAbs.toArray()
            operator = cls(None, np.where(largest == 0, 1.0, largest))
        elif kind == "RobustScalerModel":
            operator = cls._exact(stage, stage.median, "withCentering", stage.range, "withScaling")
        else:
            operator = cls._exact(stage, stage.mean, "withMean", stage.std, "withStd")
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def _exact(cls, stage: Any, mean: Any, with_mean: str, std: Any, with_std: str) -> "StandardScaler":
        shift = mean.toArray() if stage.getOrDefault(with_mean) else None
        if stage.getOrDefault(with_std):
            scale = std.toArray()
            if shift is not None:
                # Spark's factor of 0 keeps NaN and the sign; MLeap's runtime, given a 0, puts 0.0 instead.
                scale = np.where(scale == 0, np.inf, scale)
            return cls(shift, scale)
        # MLeap wants one of the two: over 1 is as it was.
        return cls(shift, np.ones(len(mean)) if shift is None else None)

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "StandardScaler":
        mean, std = (attributes.need_tensor(name, 1) if name in attributes else None for name in ("mean", "std"))
        if mean is None and std is None:
            raise BundleError(f"{attributes.where}: neither mean nor std is there")
        if mean is not None and std is not None and len(mean) != len(std):
            raise BundleError(f"{attributes.where}: mean has {len(mean)} values, std {len(std)}")
        return cls(mean, std)

    def attributes(self) -> Dict[str, Any]:
        values = {"mean": self.mean, "std": self.std}
        return {name: tensor(value) for name, value in values.items() if value is not None}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self._size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", inputs[0].size or self._size)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = of_size_up_to(inputs[0], self._size)
        if self.mean is None:
            assert self._factors is not None
            return [scaled(column, self._factors)]
        matrix = column.dense().values if isinstance(column, Sparse) else column.values
        with np.errstate(all="ignore"):
            shifted = Dense(matrix - self.mean[: column.size])
        return [shifted if self._factors is None else scaled(shifted, self._factors)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        place = inputs[0]
        # A zero that a sparse vector leaves out must stay one.
        usual = self._factors is None or np.isfinite(self._factors).all()
        if not usual or not isinstance(place, VectorPlace) or place.size != self._size:
            return None
        for instruction, values in ((SUBTRACT, self.mean), (MULTIPLY, self._factors)):
            if values is not None:
                made = code.vector(place.size)
                code.emit(instruction, place.size, code.keep(values), place.register, made.register)
                place = made
        return [place]
