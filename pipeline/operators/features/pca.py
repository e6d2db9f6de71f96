"""pca: a vector's principal components."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.features.vectors import of_size
from pipeline.operators.sums import pair_sums
from pipeline.operators.values import tensor


class PCA(Operator):
    """Spark's `PCAModel`.

    In: vectors of the model's length. Out: dense, one value a component: the sum of value times weight over the
    features in order, the same whatever the number of rows. Spark leaves the order to BLAS: the last digits may differ.
    Source: org.apache.spark.ml.feature.PCAModel.
    """

    op = "pca"
    stages = ("PCAModel",)

    def __init__(self, components: Any) -> None:
        # Features by components.
        self.components = np.ascontiguousarray(components, dtype=np.float64)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(stage.pc.toArray())
        return [Node(stage.uid, operator, Shape({"input": stage.getInputCol()}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "PCA":
        # MLeap writes the values column by column under the shape of the matrix.
        matrix = attributes.need_tensor("principal_components", 2)
        return cls(matrix.ravel().reshape(matrix.shape[::-1]).T)

    def attributes(self) -> Dict[str, Any]:
        return {"principal_components": tensor(self.components.T.ravel().reshape(self.components.shape))}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.components.shape[0])]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self.components.shape[1])]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = of_size(inputs[0], self.components.shape[0])
        with np.errstate(all="ignore"):
            if isinstance(column, Sparse):
                return [Dense(self._of_sparse(column))]
            # Spark's sums start at zero, so that none is -0.0.
            return [Dense(pair_sums(column.values, self.components.T, np.multiply) + 0.0)]

    def _of_sparse(self, column: Sparse) -> "np.ndarray[Any, Any]":
        rows, total = column.rows(), np.zeros((len(column), self.components.shape[1]))
        for component in range(total.shape[1]):
            weights = column.values * self.components[column.indices, component]
            total[:, component] = np.bincount(rows, weights=weights, minlength=len(column))
        return total
