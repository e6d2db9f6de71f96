"""Factorization machines: a linear function, and products of features weighted by inner products of factors."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Sparse, Vectors
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes
from pipeline.operators.features.vectors import of_size
from pipeline.operators.models.linear import LinearFunctions
from pipeline.operators.sums import blocks, columns, first_sums, row_sums
from pipeline.operators.values import Value, tensor


class FactorizationMachine:
    """`linear`, one function; `factors` (features, factors).

    Source: org.apache.spark.ml.regression.FactorizationMachines.
    """

    def __init__(self, linear: LinearFunctions, factors: "np.ndarray[Any, Any]") -> None:
        self.linear = linear
        self.factors = factors

    @classmethod
    def from_spark(cls, stage: Any) -> "FactorizationMachine":
        """The machine of a fitted classifier or regressor."""
        return cls(LinearFunctions.from_spark(stage.linear, stage.intercept), stage.factors.toArray())

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "FactorizationMachine":
        """What attributes wrote."""
        linear = LinearFunctions.from_attributes(attributes)
        factors = attributes.need_tensor("factors", 2)
        if not linear.size or len(factors) != linear.size:
            raise BundleError(f"{attributes.where}: {len(factors)} rows of factors for {linear.size} coefficients")
        return cls(linear, factors)

    def attributes(self) -> Dict[str, Value]:
        """The attributes of a bundle's model."""
        return {**self.linear.attributes(), "factors": tensor(self.factors)}

    @property
    def size(self) -> int:
        """The number of features."""
        return self.linear.size

    def margins(self, column: AnyColumn) -> "np.ndarray[Any, Any]":
        """The machine's number for each vector; RowError where a vector is of another length."""
        made = self.linear.margin(column)
        vectors = of_size(column, self.size)
        with np.errstate(all="ignore"):
            for at in range(self.factors.shape[1]):
                sums, squares = _sums(vectors, self.factors[:, at])
                made = made + 0.5 * (sums * sums - squares)
        return made


def _sums(vectors: Vectors, factor: Any) -> Tuple[Any, Any]:
    """The sums of each vector's values times the factor, and those of their squares."""
    if isinstance(vectors, Sparse):
        terms = np.where(vectors.values == 0, 0.0, vectors.values * factor[vectors.indices])
        return row_sums(vectors, terms), row_sums(vectors, terms * terms)
    sums, squares = np.empty(len(vectors)), np.empty(len(vectors))
    for rows in blocks(len(vectors), vectors.size):
        terms = columns(vectors.values, rows) * factor[:, None]
        sums[rows], squares[rows] = first_sums(terms), first_sums(terms * terms)
    return sums, squares
