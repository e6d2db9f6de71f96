"""Linear functions of the features: what linear models, regressions and classifiers, have in common."""

from __future__ import annotations

from typing import Any, Dict

import numpy as np

from pipeline.columns import AnyColumn, Sparse, Vectors
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes
from pipeline.operators.features.vectors import of_size
from pipeline.operators.sums import inner_products, pair_sums, row_sums
from pipeline.operators.values import Value, boolean, double, tensor


class LinearFunctions:
    """`coefficients` (functions, features) and `intercepts` (functions): each function's margin of a vector.

    With `sparse` a coefficient of 0 takes no part, as where Spark's coefficients are sparse: a NaN or infinite feature
    that it stands for does not matter then. Spark's margin of two dense vectors is BLAS's, whose order of operations
    is the machine's; all others are the same to the last bit.
    Source: org.apache.spark.ml.linalg.BLAS.
    """

    def __init__(self, coefficients: Any, intercepts: Any, *, sparse: bool = False) -> None:
        self.coefficients = np.atleast_2d(np.asarray(coefficients, dtype=np.float64))
        self.intercepts = np.atleast_1d(np.asarray(intercepts, dtype=np.float64))
        self.sparse = sparse

    @classmethod
    def from_spark(cls, coefficients: Any, intercept: float) -> "LinearFunctions":
        """One function of a vector of Spark's."""
        return cls(coefficients.toArray(), intercept, sparse=type(coefficients).__name__ == "SparseVector")

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "LinearFunctions":
        """One function, as MLeap writes it; see attributes."""
        return cls(
            attributes.need_tensor("coefficients", 1),
            attributes.need("intercept", float),
            sparse=attributes.need("sparse_coefficients", bool, False),
        )

    def attributes(self) -> Dict[str, Value]:
        """The attributes of the first function; that it is sparse is ours, and MLeap's runtime does not mind it."""
        return {
            "coefficients": tensor(self.coefficients[0]),
            "intercept": double(self.intercepts[0]),
            **self.sparse_attribute(),
        }

    def sparse_attribute(self) -> Dict[str, Value]:
        """The attribute that says that the coefficients are sparse, where they are."""
        return {"sparse_coefficients": boolean(True)} if self.sparse else {}

    @property
    def size(self) -> int:
        """The number of features."""
        return int(self.coefficients.shape[1])

    def margins(self, column: AnyColumn) -> "np.ndarray[Any, Any]":
        """Each function of each vector, of shape (rows, functions); RowError where a vector is of another length."""
        vectors = of_size(column, self.size)
        with np.errstate(all="ignore"):
            made: "np.ndarray[Any, Any]" = self._products(vectors) + self.intercepts
        return made

    def margin(self, column: AnyColumn) -> "np.ndarray[Any, Any]":
        """The first function of each vector; see margins."""
        made: "np.ndarray[Any, Any]" = self.margins(column)[:, 0]
        return made

    def _products(self, vectors: Vectors) -> Any:
        if not self.size:
            return np.zeros((len(vectors), len(self.coefficients)))
        if self.sparse:
            return np.stack([_sparse_product(vectors, function) for function in self.coefficients], axis=1)
        # A sum of products begins at 0, so it is never -0.
        return inner_products(vectors, self.coefficients) + 0.0


def _sparse_product(vectors: Vectors, coefficients: Any) -> Any:
    if isinstance(vectors, Sparse):
        factors = coefficients[vectors.indices]
        return row_sums(vectors, np.where(factors == 0, 0.0, vectors.values * factors))
    used = np.flatnonzero(coefficients)
    if not used.size:
        return np.zeros(len(vectors))
    return pair_sums(vectors.values[:, used], coefficients[None, used], np.multiply)[:, 0] + 0.0


def matrix_tensor(matrix: "np.ndarray[Any, Any]") -> Value:
    """A matrix as MLeap writes those of Spark's classifiers: its shape, but its values column by column."""
    return tensor(matrix.T.ravel().reshape(matrix.shape))


def need_matrix(attributes: Attributes, name: str, rows: int) -> "np.ndarray[Any, Any]":
    """The matrix that matrix_tensor wrote; a BundleError where it has other than so many rows."""
    array = attributes.need_tensor(name, 2)
    if array.shape[0] != rows:
        raise BundleError(f"{attributes.where}: attribute {name!r} has {array.shape[0]} rows, expected {rows}")
    return array.ravel().reshape(array.shape[::-1]).T
