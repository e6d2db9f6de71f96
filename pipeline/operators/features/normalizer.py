"""normalizer: each vector over its own norm."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, Vectors
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.values import double, integer


class Normalizer(Operator):
    """Spark's `Normalizer`.

    In: vectors. Out: the same vectors over their p-norm, sparse where they were; a vector whose norm is 0 as it is. A
    NaN makes the whole vector NaN, but the infinite norm passes over it.
    Source: org.apache.spark.ml.feature.Normalizer.
    """

    op = "normalizer"
    stages = ("Normalizer",)

    def __init__(self, p: float, size: Optional[int] = None) -> None:
        self.p = p
        self.size = size

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        source = stage.getInputCol()
        operator = cls(float(stage.getP()), types.get(source, ColumnType("vector")).size)
        return [Node(stage.uid, operator, Shape({"input": source}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "Normalizer":
        p = float(attributes.need("p_norm", (float, int)))
        if not p >= 1:
            raise BundleError(f"{attributes.where}: p_norm is {p}, allowed: 1 and above")
        return cls(p, max(attributes.need("input_size", int, 0), 0) or None)

    def attributes(self) -> Dict[str, Any]:
        # MLeap asks for a length, but does not look at it.
        return {"p_norm": double(self.p), "input_size": integer(self.size or 0)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vector", inputs[0].size or self.size)]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        assert isinstance(column, (Dense, Sparse))
        with np.errstate(all="ignore"):
            norms = self._norms(column)
            norms[norms == 0] = 1.0
            if isinstance(column, Sparse):
                return [Sparse(column.indptr, column.indices, column.values / norms[column.rows()], column.size)]
            return [Dense(column.values / norms[:, np.newaxis])]

    def _norms(self, column: Vectors) -> "np.ndarray[Any, Any]":
        values = column.values
        if self.p == 1:
            return _sums(column, np.abs(values))
        if self.p == 2:
            squares: "np.ndarray[Any, Any]" = np.sqrt(_sums(column, values * values))
            return squares
        if math.isinf(self.p):
            return _largest(column)
        powers: "np.ndarray[Any, Any]" = _sums(column, np.abs(values) ** self.p) ** (1.0 / self.p)
        return powers


def _sums(column: Vectors, terms: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The sum of each row's terms, one after the other, as Spark adds them: NumPy's own sum adds in pairs."""
    if isinstance(column, Sparse):
        return np.bincount(column.rows(), weights=terms, minlength=len(column)).astype(np.float64)
    if not column.size:
        return np.zeros(len(column))
    return np.cumsum(terms, axis=1)[:, -1].copy()


def _largest(column: Vectors) -> "np.ndarray[Any, Any]":
    sizes = np.abs(column.values)
    sizes[np.isnan(sizes)] = 0.0
    largest = np.zeros(len(column))
    if isinstance(column, Sparse):
        np.maximum.at(largest, column.rows(), sizes)
    else:
        largest = np.max(sizes, axis=1, initial=0.0)
    return largest
