"""What operators on vectors share: the length they were made for, features scaled each by its own factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, Vectors, take
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


def is_dense(counts: "np.ndarray[Any, Any]", size: int) -> "np.ndarray[Any, Any]":
    """Which rows, of so many values that are not zero, Spark's `Vector.compressed` makes dense."""
    dense: "np.ndarray[Any, Any]" = 1.5 * (counts + 1.0) >= size
    return dense


def stored_entries(values: "np.ndarray[Any, Any]", stored: "np.ndarray[Any, Any]") -> Sparse:
    """The entries of a matrix where `stored` is true."""
    rows, indices = np.nonzero(stored)
    indptr = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(stored.sum(axis=1), out=indptr[1:])
    return Sparse(indptr, indices.astype(np.int32), values[rows, indices], values.shape[1])


def compressed(column: Vectors) -> Vectors:
    """The vectors with rows of NaN or infinity as Spark's `Vector.compressed` stores them, dense or sparse by the row.

    What such a row stores decides what becomes of it, as 0 / NaN is NaN. A row that is dense stores all its values.
    Other rows are as they were given: what they store would tell only where a model's own factor is NaN or infinite.
    """
    with np.errstate(all="ignore"):
        if np.isfinite(column.values.sum()):
            return column
    if isinstance(column, Sparse):
        return _compressed(column)
    stored = column.values != 0
    usual = np.isfinite(column.values).all(axis=1) | is_dense(stored.sum(axis=1), column.size)
    stored |= usual[:, np.newaxis]
    return column if stored.all() else stored_entries(column.values, stored)


def _compressed(column: Sparse) -> Sparse:
    rows, there = column.rows(), column.values != 0
    odd = np.bincount(rows[~np.isfinite(column.values)], minlength=len(column)) > 0
    whole = odd & is_dense(np.bincount(rows[there], minlength=len(column)), column.size)
    kept = (there | ~odd[rows]) & ~whole[rows]
    sizes = np.bincount(rows[kept], minlength=len(column))
    sizes[whole] = column.size
    indptr = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(sizes, out=indptr[1:])
    of_whole = np.repeat(whole, sizes)
    indices, values = np.empty(len(of_whole), dtype=np.int32), np.empty(len(of_whole))
    indices[~of_whole], values[~of_whole] = column.indices[kept], column.values[kept]
    dense = take(column, whole)
    assert isinstance(dense, Sparse)
    indices[of_whole], values[of_whole] = np.tile(np.arange(column.size), len(dense)), dense.dense().values.ravel()
    return Sparse(indptr, indices, values, column.size)
