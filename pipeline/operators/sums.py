"""Sums taken from the first term to the last, as Spark's loops take them: the same whatever the number of rows."""

from __future__ import annotations

from typing import Any, Iterator

import numpy as np

from pipeline.columns import Sparse, Vectors

# Terms held at once: they stay in the cache.
_BLOCK = 1 << 18


def blocks(rows: int, terms: int) -> Iterator[slice]:
    """Slices of the rows, each of which has so many terms, that are small enough to be worked on at once."""
    step = max(1, _BLOCK // max(1, terms))
    return (slice(start, start + step) for start in range(0, rows, step))


def last_sums(terms: Any) -> Any:
    """The sums over the last axis, which has one term at least."""
    return np.cumsum(terms, axis=-1)[..., -1]


def row_sums(vectors: Sparse, values: Any) -> Any:
    """The sum of each row's values, one for each entry that the vectors store."""
    # bincount adds one weight after the other.
    return np.bincount(vectors.rows(), weights=values, minlength=len(vectors))


def inner_products(vectors: Vectors, weights: Any) -> Any:
    """Each vector's inner product with each row of the weights: (rows, k) of weights (k, size)."""
    if isinstance(vectors, Sparse):
        made = [row_sums(vectors, vectors.values * weight[vectors.indices]) for weight in weights]
        return np.stack(made, axis=1)
    products = np.empty((len(vectors), len(weights)))
    for rows in blocks(len(vectors), weights.size):
        products[rows] = last_sums(vectors.values[rows, None, :] * weights)
    return products
