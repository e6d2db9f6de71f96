"""binarizer: 1 for what is above a threshold, else 0."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Dict, List, Optional, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Types
from pipeline.operators.row_code import BINARIZE, Lowered, NumberPlace, Place, RowCode
from pipeline.operators.spark_columns import column_pairs, node_a_column, spark_version
from pipeline.operators.values import Value, boolean, double, scalar_shape, tensor_shape


class Binarizer(Operator):
    """Spark's `Binarizer`, one column a node.

    In: a double, or a vector. Out: the same, of 0.0 and 1.0. NaN becomes 0.0, but in a vector it is above a threshold
    below zero. Null stays null, and is 0.0 from Spark 4 on. Sparse vectors stay sparse unless the threshold is below
    zero: then what they leave out is above it. MLeap's runtime refuses null, and takes NaN in a vector for 0.0 always.
    Source: org.apache.spark.ml.feature.Binarizer.
    """

    op = "binarizer"
    stages: ClassVar[Tuple[str, ...]] = ("Binarizer",)

    def __init__(
        self, threshold: float, scalar: bool = True, size: Optional[int] = None, null_is_zero: bool = False
    ) -> None:
        self.threshold = threshold
        self.scalar = scalar
        self.size = size
        self.null_is_zero = null_is_zero

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        null_is_zero = spark_version() >= (4, 0)
        operators = []
        for source, threshold in _thresholds(stage):
            if math.isnan(threshold):
                raise UnsupportedStageError(f"stage {stage.uid!r}: the threshold of column {source!r} is NaN")
            kind = types.get(source, ColumnType("number"))
            operators.append(cls(threshold, kind.kind != "vector", kind.size, null_is_zero))
        return node_a_column(stage, operators)

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Binarizer":
        if "thresholds" in attributes:
            raise BundleError(f"{attributes.where}: thresholds of several columns are not read, MLeap neither does")
        shape: Tuple[int, ...] = attributes.need("input_shapes", tuple, ())
        return cls._shaped(attributes, shape)

    @classmethod
    def _shaped(cls, attributes: Attributes, shape: Tuple[int, ...]) -> "Binarizer":
        if len(shape) > 1:
            raise BundleError(f"{attributes.where}: input shape {shape} is neither one value nor a vector")
        return cls(
            float(attributes.need("threshold", (float, int))),
            not shape,
            (shape[0] or None) if shape else None,
            attributes.need("null_is_zero", bool, False),
        )

    def attributes(self) -> Dict[str, Any]:
        values = {"threshold": double(self.threshold), "input_shapes": {"data_shape": self._shape()}}
        # Our own: MLeap passes over it.
        return {**values, "null_is_zero": boolean(True)} if self.null_is_zero else values

    def _shape(self) -> Value:
        # A length of 0 is none: MLeap asks for one, but does not look at it.
        return scalar_shape() if self.scalar else tensor_shape(self.size or 0)

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("number", nullable=True) if self.scalar else ColumnType("vector", self.size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        if inputs[0].kind == "vector":
            return [ColumnType("vector", inputs[0].size or self.size)]
        return [ColumnType("number", nullable=inputs[0].nullable and not self.null_is_zero)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        if isinstance(column, Numbers):
            above = column.doubles() > self.threshold
            if column.valid is None or not self.null_is_zero:
                return [Numbers(above.astype(np.float64), column.valid)]
            return [Numbers((above & column.valid).astype(np.float64))]
        assert isinstance(column, (Dense, Sparse))
        if self.threshold < 0:
            matrix = column.dense().values if isinstance(column, Sparse) else column.values
            return [Dense((~(matrix <= self.threshold)).astype(np.float64))]
        if isinstance(column, Dense):
            return [Dense((column.values > self.threshold).astype(np.float64))]
        return [_sparse(column, column.values > self.threshold)]

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        place = inputs[0]
        if not isinstance(place, NumberPlace):
            return None
        made = code.number()
        code.emit(BINARIZE, 1, code.keep(self.threshold), place.register, made.register)
        return [made]


def _sparse(column: Sparse, above: "np.ndarray[Any, Any]") -> Sparse:
    """Ones where the stored entries are above, and nothing elsewhere."""
    before = np.zeros(len(above) + 1, dtype=np.int64)
    np.cumsum(above, out=before[1:])
    return Sparse(before[column.indptr], column.indices[above], np.ones(int(before[-1])), column.size)


def _thresholds(stage: Any) -> List[Tuple[str, float]]:
    """Each column that is read, and its threshold."""
    sources = [source for source, _ in column_pairs(stage)]
    several = stage.isSet("inputCols") and stage.isSet("thresholds")
    thresholds = stage.getThresholds() if several else [stage.getThreshold()] * len(sources)
    return [(source, float(threshold)) for source, threshold in zip(sources, thresholds)]
