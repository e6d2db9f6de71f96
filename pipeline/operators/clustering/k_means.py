"""k_means: a vector to the number of the nearest cluster center."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.clustering.centers import MEASURES, Centers, cluster_attributes
from pipeline.operators.values import long, string, tensor_list

# Distances nearer than this, in parts of the norms, are for Spark's own order of comparisons to decide.
_NEAR = 1e-9


class KMeans(Operator):
    """Spark's `KMeansModel`.

    In: vectors. Out: int32 number of the nearest center, the first of equally near ones as far as Spark's
    short cuts find it. Infinity passes; NaN is refused, under `cosine` zeros alone too. Centers under `cosine` are
    written with length 1, so that MLeap's runtime, which knows no measure but `euclidean`, names the same.
    Source: org.apache.spark.ml.clustering.KMeansModel.
    """

    op = "k_means"
    stages = ("KMeansModel",)

    def __init__(self, centers: Centers) -> None:
        self.centers = centers
        self._bounds = _bounds(centers)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(Centers(np.array(stage.clusterCenters()), stage.getDistanceMeasure()).unit())
        shape = Shape({"features": stage.getFeaturesCol()}, {"prediction": stage.getPredictionCol()})
        return [Node(stage.uid, operator, shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "KMeans":
        centers = attributes.need_list("cluster_centers", np.ndarray)
        size = centers[0].size if centers else 0
        if not centers or any(center.shape != (size,) for center in centers):
            raise BundleError(f"{attributes.where}: cluster_centers must be vectors of one length")
        if attributes.need("num_features", int, size) != size:
            raise BundleError(f"{attributes.where}: num_features differs from the centers' {size}")
        made = Centers(np.array(centers), attributes.choice("distance_measure", MEASURES, "euclidean"))
        if not made.usable:
            raise BundleError(f"{attributes.where}: a center has NaN, or only zeros")
        return cls(made)

    def attributes(self) -> Dict[str, Any]:
        return {
            "cluster_centers": tensor_list(self.centers.values),
            "num_features": long(self.centers.size),
            "distance_measure": string(self.centers.measure),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.centers.size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("number", basic="int", attributes=cluster_attributes(len(self.centers.values)))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        distances, norms = self.centers.distances(inputs[0])
        nearest = distances.argmin(axis=1)
        with np.errstate(all="ignore"):
            doubtful = self._doubtful(distances, norms)
            if doubtful.any():
                nearest[doubtful] = self._compare(distances[doubtful], norms[doubtful])
        return [Numbers(nearest.astype(np.int32))]

    def _doubtful(self, distances: Any, norms: Any) -> Any:
        """The rows where another center is as near as the nearest, but for rounding, or there is no nearest."""
        if self.centers.measure == "cosine":
            lengths, slack = distances, _NEAR
        else:
            lengths = np.sqrt(np.maximum(distances, 0.0))
            slack = (_NEAR * (norms + self.centers.norms.max()))[:, None]
        return (lengths <= lengths.min(axis=1, keepdims=True) + slack).sum(axis=1) != 1

    def _compare(self, distances: Any, norms: Any) -> Any:
        """The nearest centers as Spark finds them, with the triangle inequality's short cuts.

        Where rounding decides, a short cut may keep a center though a later one is nearer by the last bit.
        """
        best, index = distances[:, 0].copy(), np.zeros(len(distances), dtype=np.int64)
        done = best < self._bounds[0, 0]
        for place in range(1, distances.shape[1]):
            distance = distances[:, place]
            seen = ~done & (self._bounds[place, index] < best)
            if self.centers.measure == "euclidean":
                apart = self.centers.norms[place] - norms
                seen &= apart * apart < best
            final = seen & (distance < self._bounds[place, place])
            taken = final | (seen & (distance < best))
            best[taken], index[taken] = distance[taken], place
            done |= final
        return index


def _bounds(centers: Centers) -> Any:
    """Half of the way between two centers, where no later one can be nearer; the least of a center's on the diagonal.

    In the terms of the measure: squared under `euclidean`, a cosine distance under `cosine`.
    """
    if len(centers.values) == 1:
        return np.array([[np.nan]])
    with np.errstate(all="ignore"):
        lower = np.tril(centers.distances(Dense(centers.values))[0], -1)
        distances = lower + lower.T
        if centers.measure == "cosine":
            bounds = 1 - np.sqrt(1 - distances / 2)
        else:
            lengths = np.sqrt(distances)
            bounds = 0.25 * lengths * lengths
    np.fill_diagonal(bounds, np.inf)
    np.fill_diagonal(bounds, np.fmin.reduce(bounds, axis=1))
    return bounds
