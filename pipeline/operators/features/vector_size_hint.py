"""vector_size_hint: the length that a column's vectors must have."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.features.vectors import of_size
from pipeline.operators.values import integer, string


class VectorSizeHint(Operator):
    """Spark's `VectorSizeHint`: the same column, whose vectors have the length that it says.

    In and out: vectors, under one name. A vector of another length is refused under `error`; under `skip` Spark drops
    the row. Under `optimistic` nothing is checked: that is no node at all, what stands behind is told the length. MLeap
    has no such operator.
    Source: org.apache.spark.ml.feature.VectorSizeHint.
    """

    op = "vector_size_hint"
    stages = ("VectorSizeHint",)
    in_mleap = False
    in_place = True

    def __init__(self, size: int, handle_invalid: str) -> None:
        self.size = size
        self.handle_invalid = handle_invalid

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        column, size, policy = stage.getInputCol(), stage.getSize(), stage.getOrDefault("handleInvalid")
        if policy == "optimistic":
            types[column] = ColumnType("vector", size)
            return []
        return [Node(stage.uid, cls(size, policy), Shape({"input": column}, {"output": column}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "VectorSizeHint":
        size = attributes.need("size", int)
        if not 0 <= size < 1 << 31:
            raise BundleError(f"{attributes.where}: size {size} is out of range")
        return cls(size, attributes.choice("handle_invalid", ("error", "skip"), "error"))

    def attributes(self) -> Dict[str, Any]:
        return {"size": integer(self.size), "handle_invalid": string(self.handle_invalid)}

    def input_types(self, count: int) -> List[ColumnType]:
        # Not the length: a contract that had it would refuse the rows before they could be skipped.
        return [ColumnType("vector")]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", self.size)]

    def skipped_rows(self, inputs: Sequence[AnyColumn]) -> "Optional[np.ndarray[Any, Any]]":
        column = inputs[0]
        assert isinstance(column, (Dense, Sparse))
        return np.full(len(column), column.size != self.size) if self.handle_invalid == "skip" else None

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        return [of_size(inputs[0], self.size)]
