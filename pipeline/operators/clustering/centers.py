"""Cluster centers, and how far points are from each, as Spark's DistanceMeasure computes it."""

from __future__ import annotations

from typing import Any, Dict, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, Vectors
from pipeline.operators.base import RowError
from pipeline.operators.features.vectors import of_size
from pipeline.operators.sums import blocks, inner_products, pair_sums, row_sums, square_sums

MEASURES = ("euclidean", "cosine")
# Spark's EPSILON, and the error that it allows the inner product form of a squared distance.
_EPSILON, _PRECISION = 2.0**-52, 1e-6


class Centers:
    """Cluster centers (k, size) and their norms (k), for one of MEASURES.

    Sums run in Spark's order, so that distances of `euclidean` are Spark's to the last bit; those of `cosine` are but
    for the rounding of its BLAS.
    Source: org.apache.spark.mllib.clustering.DistanceMeasure and org.apache.spark.mllib.util.MLUtils.
    """

    def __init__(self, values: Any, measure: str, norms: Any = None) -> None:
        self.values = np.ascontiguousarray(values, dtype=np.float64)
        self.measure = measure
        with np.errstate(all="ignore"):
            self.norms = _norms(Dense(self.values)) if norms is None else np.asarray(norms, dtype=np.float64)

    def unit(self) -> "Centers":
        """The same centers, of length 1 under `cosine`: then the nearest by distance is the nearest by angle.

        MLeap knows no other measure than `euclidean`.
        """
        return self if self.measure == "euclidean" else Centers(self.values / self.norms[:, None], self.measure)

    @property
    def usable(self) -> bool:
        """False where the measure has no distance to a center: one with NaN, or one of zeros under `cosine`."""
        return bool((self.norms > 0 if self.measure == "cosine" else self.norms >= 0).all())

    @property
    def size(self) -> int:
        """The length of each center."""
        return int(self.values.shape[1])

    def distances(self, column: AnyColumn) -> Tuple[Any, Any]:
        """Each point's distance to each center (rows, k), squared under `euclidean`, and each point's norm (rows).

        RowError for a point of another length, with NaN, or under `cosine` of zeros alone.
        """
        points = of_size(column, self.size)
        with np.errstate(all="ignore"):
            norms = _norms(points)
            self._check(norms)
            if self.measure == "cosine":
                return 1 - inner_products(points, self.values) / self.norms / norms[:, None], norms
            if isinstance(points, Dense):
                return _squared(points.values, self.values), norms
            return self._sparse(points, norms), norms

    def _check(self, norms: Any) -> None:
        cosine = self.measure == "cosine"
        usable = norms > 0 if cosine else norms >= 0
        if not usable.all():
            row = int(np.argmin(usable))
            problem = "the vector has NaN" if np.isnan(norms[row]) else "the vector is all zeros"
            raise RowError(problem, row=row, expected="numbers, not all 0" if cosine else "numbers")

    def _sparse(self, points: Sparse, norms: Any) -> Any:
        """Squared distances from norms and inner products where these are precise enough, as Spark has it."""
        dots = inner_products(points, self.values)
        total = self.norms * self.norms + (norms * norms)[:, None]
        apart = self.norms - norms[:, None]
        squared = total - 2.0 * dots
        doubtful = ~(2.0 * _EPSILON * total / (apart * apart + _EPSILON) < _PRECISION)
        if doubtful.any():
            positive = np.maximum(squared, 0.0)
            squared = np.where(doubtful, positive, squared)
            doubtful &= _EPSILON * (total + 2.0 * np.abs(dots)) / (positive + _EPSILON) > _PRECISION
            rows = np.flatnonzero(doubtful.any(axis=1))
            for block in blocks(len(rows), self.values.size):
                exact = _squared(_dense_rows(points, rows[block]), self.values)
                squared[rows[block]] = np.where(doubtful[rows[block]], exact, squared[rows[block]])
        return squared


def cluster_attributes(count: int) -> Dict[str, Any]:
    """Spark's ML attributes of a column that names one of so many clusters."""
    return {"type": "nominal", "num_vals": count}


def _squared(points: Any, centers: Any) -> Any:
    return pair_sums(points, centers, _squares)


def _squares(points: Any, centers: Any) -> Any:
    apart = points - centers
    apart *= apart
    return apart


def _norms(points: Vectors) -> Any:
    if isinstance(points, Sparse):
        return np.sqrt(row_sums(points, points.values * points.values))
    return np.sqrt(square_sums(points.values))


def _dense_rows(points: Sparse, rows: Any) -> Any:
    made = np.zeros((len(rows), points.size))
    for place, row in enumerate(rows):
        stored = slice(points.indptr[row], points.indptr[row + 1])
        made[place, points.indices[stored]] = points.values[stored]
    return made
