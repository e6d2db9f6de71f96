"""What operators on vectors share: the length they were made for, features scaled each by its own factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, Vectors
from pipeline.operators.base import RowError


def of_size(column: AnyColumn, size: int) -> Vectors:
    """The vectors, whose length must be `size`; RowError for the first row where it is another.

    Without rows there is no length to check: then it is `size`.
    """
    assert isinstance(column, (Dense, Sparse))
    if not len(column):
        return Dense(np.zeros((0, size)))
    if column.size != size:
        raise RowError(f"a vector of {column.size} values", row=0, expected=f"{size} values")
    return column


def of_size_up_to(column: AnyColumn, size: int) -> Vectors:
    """The vectors, none longer than `size`; RowError for the first row where it is.

    Spark's loops run over a vector's own values, so that a shorter vector passes; see of_size.
    """
    assert isinstance(column, (Dense, Sparse))
    if not len(column):
        return Dense(np.zeros((0, size)))
    if column.size > size:
        raise RowError(f"a vector of {column.size} values", row=0, expected=f"at most {size} values")
    return column


def scaled(column: Vectors, factors: "np.ndarray[Any, Any]") -> Vectors:
    """Each value times its feature's factor; sparse vectors stay sparse."""
    with np.errstate(all="ignore"):
        if isinstance(column, Sparse):
            return Sparse(column.indptr, column.indices, column.values * factors[column.indices], column.size)
        return Dense(column.values * factors[: column.size])


def reciprocals(values: "np.ndarray[Any, Any]", of_zero: float) -> "np.ndarray[Any, Any]":
    """1 / v for each value, and `of_zero` for 0."""
    zero = values == 0
    with np.errstate(all="ignore"):
        return np.where(zero, of_zero, 1.0 / np.where(zero, 1.0, values))
