"""polynomial_expansion: a vector's products up to a degree."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, RowError, Shape, Types
from pipeline.operators.sums import blocks
from pipeline.operators.values import long

# Spark's own bound on the products, what one row may make of the values it stores, and what is worth keeping.
_MOST, _MOST_MADE, _MOST_KEPT = (1 << 31) - 1, 1 << 24, 1 << 16
_MOST_DEGREE = 64


class Step(NamedTuple):
    """The products of one degree: each is one of a degree less, `parents`, times a feature not above its last.

    `places` is where they stand in a dense vector.
    """

    parents: "np.ndarray[Any, Any]"
    features: "np.ndarray[Any, Any]"
    places: "np.ndarray[Any, Any]"


class PolynomialExpansion(Operator):
    """Spark's `PolynomialExpansion`.

    In: vectors. Out: all products of up to `degree` of their values, multiplied from the last feature to the first, in
    Spark's order: x, x x, y, x y, y y. A product that comes to zero on the way is 0.0, whatever else is in it; sparse
    stays sparse. MLeap's runtime asks for the vector's length.
    Source: org.apache.spark.ml.feature.PolynomialExpansion.
    """

    op = "polynomial_expansion"
    stages = ("PolynomialExpansion",)

    def __init__(self, degree: int, size: Optional[int] = None) -> None:
        self.degree = degree
        self.size = size
        self.in_mleap = size is not None

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        source = stage.getInputCol()
        if stage.getDegree() > _MOST_DEGREE:
            raise UnsupportedStageError(f"stage {stage.uid!r}: degree {stage.getDegree()} is above {_MOST_DEGREE}")
        operator = cls(stage.getDegree(), types.get(source, ColumnType("vector")).size)
        return [Node(stage.uid, operator, Shape({"input": source}, {"output": stage.getOutputCol()}))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "PolynomialExpansion":
        degree = attributes.need("degree", int)
        # Not written by MLeap before 0.8.
        size = attributes.need("input_size", int, 0)
        if not 1 <= degree <= _MOST_DEGREE or not 0 <= size <= _MOST or expanded(size, degree) is None:
            raise BundleError(f"{attributes.where}: degree {degree} of {size} values is out of range")
        return cls(degree, size or None)

    def attributes(self) -> Dict[str, Any]:
        return {"degree": long(self.degree), "input_size": long(self.size or 0)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        size = inputs[0].size or self.size
        return [ColumnType("vector", None if size is None else expanded(size, self.degree))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        column = inputs[0]
        assert isinstance(column, (Dense, Sparse))
        if not len(column):
            column = Dense(np.zeros((0, self.size or 0)))
        size = expanded(column.size, self.degree)
        stored = np.diff(column.indptr) if isinstance(column, Sparse) else np.array([column.size])
        row = int(np.argmax(stored))
        if size is None or (expanded(int(stored[row]), self.degree) or 0) > _MOST_MADE:
            problem = f"a vector of {column.size} values has too many products of degree {self.degree}"
            raise RowError(problem, row=row, expected="fewer values")
        if isinstance(column, Sparse):
            return [_sparse(column, self.degree, size)]
        matrix = np.empty((len(column), size))
        for rows in blocks(len(matrix), size):
            _fill(matrix[rows], column.values[rows], self.degree)
        return [Dense(matrix)]


def expanded(size: int, degree: int) -> Optional[int]:
    """How many products there are of up to `degree` of so many values; None where Spark refuses their number."""
    count, low = 1, min(size, degree)
    for one in range(1, low + 1):
        count = count * (size + degree - low + one) // one
        if count > _MOST:
            return None
    return count - 1


def _steps(size: int, degree: int) -> Sequence[Step]:
    """The products of each degree; features go down from a product's first factor to its last."""
    return _kept(size, degree) if (expanded(size, degree) or 0) <= _MOST_KEPT else _made(size, degree)


def _made(size: int, degree: int) -> Sequence[Step]:
    steps: List[Step] = []
    last, places = np.array([size - 1]), np.array([-1])
    for left in range(degree, 0, -1):
        counts = last + 1
        parents = np.repeat(np.arange(len(last)), counts)
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        last = np.arange(len(parents)) - starts
        places = places[parents] + _skipped(last, left)
        steps.append(Step(parents, last, places))
    return steps


_kept = lru_cache(maxsize=64)(_made)


def _products(values: "np.ndarray[Any, Any]", degree: int) -> Any:
    """Each degree's step with its products, an array (products, rows)."""
    factors = np.ascontiguousarray(values.T)
    products = np.ones((1, len(values)))
    for step in _steps(len(factors), degree):
        before = products[step.parents]
        with np.errstate(all="ignore"):
            products = before * factors[step.features]
        # Spark stops at a zero: nothing makes NaN of it, and its sign is lost.
        products[(before == 0) | (products == 0)] = 0.0
        yield step, products


def _fill(matrix: "np.ndarray[Any, Any]", values: "np.ndarray[Any, Any]", degree: int) -> None:
    """Writes the rows' products to where Spark has them."""
    turned = np.empty((matrix.shape[1], len(values)))
    for step, products in _products(values, degree):
        turned[step.places] = products
    matrix[:] = turned.T


def _skipped(features: "np.ndarray[Any, Any]", degree: int) -> "np.ndarray[Any, Any]":
    """How many places lie before the products with one more of these features: C(feature + degree, degree)."""
    count = np.ones(len(features), dtype=np.int64)
    for one in range(1, degree + 1):
        count = count * (features + one) // one
    return count


def _sparse(column: Sparse, degree: int, size: int) -> Sparse:
    """The products of the values that rows store, rows that store equally many at a time."""
    stored = np.diff(column.indptr)
    rows: List[Any] = []
    indices: List[Any] = []
    values: List[Any] = []
    for count in np.unique(stored[stored > 0]):
        row = np.flatnonzero(stored == count)
        entries = column.indptr[row][:, np.newaxis] + np.arange(count)
        features = column.indices[entries].astype(np.int64)
        places = np.full((len(row), 1), -1)
        for number, (step, products) in enumerate(_products(column.values[entries], degree)):
            factor = features[:, step.features]
            places = places[:, step.parents] + _skipped(factor.ravel(), degree - number).reshape(factor.shape)
            # Zeros too of rows that store all of their values: those are dense in Spark.
            product, at = np.nonzero((products != 0) | (count == column.size))
            rows.append(row[at])
            indices.append(places[at, product])
            values.append(products[product, at])
    if not rows:
        return Sparse(np.zeros(len(column) + 1, dtype=np.int64), np.zeros(0, dtype=np.int32), np.zeros(0), size)
    every = np.concatenate(rows)
    order = np.lexsort((np.concatenate(indices), every))
    indptr = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(np.bincount(every, minlength=len(column)), out=indptr[1:])
    return Sparse(indptr, np.concatenate(indices)[order].astype(np.int32), np.concatenate(values)[order], size)
