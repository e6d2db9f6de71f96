"""Sums taken from the first term to the last, as Spark's loops take them: the same whatever the number of rows."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import numpy as np

from pipeline.columns import Sparse, Vectors

# Terms held at once: they stay in the cache.
_BLOCK = 1 << 18
# From so many rows on, adding column to column is worth a call for each row of the weights.
_MANY = 32


def blocks(rows: int, terms: int) -> Iterator[slice]:
    """Slices of the rows, each of which has so many terms, that are small enough to be worked on at once."""
    step = max(1, _BLOCK // max(1, terms))
    return (slice(start, start + step) for start in range(0, rows, step))


def last_sums(terms: Any) -> Any:
    """The sums over the last axis."""
    return np.cumsum(terms, axis=-1)[..., -1] if terms.shape[-1] else np.zeros(terms.shape[:-1])


def row_sums(vectors: Sparse, values: Any) -> Any:
    """The sum of each row's values, one for each entry that the vectors store."""
    # bincount adds one weight after the other.
    return np.bincount(vectors.rows(), weights=values, minlength=len(vectors))


def first_sums(terms: Any) -> Any:
    """The sums over the first axis."""
    # NumPy adds what follows in the first axis one after the other, but the terms of a single sum in pairs.
    return np.cumsum(terms, axis=0)[-1] if terms[:1].size == 1 else np.add.reduce(terms, axis=0)


def columns(values: Any, rows: slice) -> Any:
    """The columns of these rows, each a row: what `first_sums` wants terms of."""
    return np.ascontiguousarray(values[rows].T)


def square_sums(values: Any) -> Any:
    """The sum of the squares of each row of (rows, size)."""
    made = np.empty(len(values))
    for rows in blocks(*values.shape):
        made[rows] = first_sums(columns(values, rows) ** 2)
    return made


def pair_sums(values: Any, weights: Any, terms: Callable[[Any, Any], Any]) -> Any:
    """The sum of the terms of each row of the values (rows, size) with each of the weights (k, size): (rows, k)."""
    if len(values) < _MANY:
        return last_sums(terms(values[:, None, :], weights))
    made = np.empty((len(values), len(weights)))
    for rows in blocks(*values.shape):
        turned = columns(values, rows)
        for at, weight in enumerate(weights):
            made[rows, at] = first_sums(terms(turned, weight[:, None]))
    return made


def inner_products(vectors: Vectors, weights: Any) -> Any:
    """Each vector's inner product with each row of the weights: (rows, k) of weights (k, size)."""
    if isinstance(vectors, Sparse):
        made = [row_sums(vectors, vectors.values * weight[vectors.indices]) for weight in weights]
        return np.stack(made, axis=1)
    return pair_sums(vectors.values, weights, np.multiply)
