"""bisecting_k_means: a vector to the number of a cluster, down a tree of cluster centers."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Operator, Shape, Types
from pipeline.operators.clustering.centers import MEASURES, Centers, cluster_attributes
from pipeline.operators.spark_columns import jvm_object
from pipeline.operators.values import double, double_list, string, to_json

# Where Spark's model keeps the tree.
_PARENT = "org$apache$spark$ml$clustering$BisectingKMeansModel$$parentModel"


class BisectingKMeans(Operator):
    """Spark's `BisectingKMeansModel`.

    In: vectors. Out: int32 number of the leaf that is reached by going, node by node, to the child whose center is
    nearest, the first of equally near ones. Infinity passes; NaN is refused, under `cosine` zeros alone too. Centers
    under `cosine` are written with length 1, as in k_means.
    Source: org.apache.spark.ml.clustering.BisectingKMeansModel.
    """

    op = "bisecting_k_means"
    stages = ("BisectingKMeansModel",)

    def __init__(self, indices: Sequence[int], centers: Centers, counts: Sequence[int]) -> None:
        """Nodes in the order of the file, each before its children: leaf number, center, number of children."""
        self.indices = np.asarray(indices, dtype=np.int32)
        self.centers = centers
        self.counts = tuple(counts)
        self._children = _children(self.counts)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        java = jvm_object(stage, "its tree")
        indices, counts, norms, values = [], [], [], []
        waiting = [getattr(java, _PARENT)().root()]
        while waiting:
            node = waiting.pop()
            children = list(node.children())
            waiting += reversed(children)
            indices.append(node.index())
            counts.append(len(children))
            norms.append(node.centerWithNorm().norm())
            values.append(_vector(node.center()))
        centers = Centers(np.array(values), stage.getDistanceMeasure(), norms).unit()
        shape = Shape({"features": stage.getFeaturesCol()}, {"prediction": stage.getPredictionCol()})
        return [Node(stage.uid, cls(indices, centers, counts), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "BisectingKMeans":
        where = f"{attributes.where}, tree.json"
        nodes = attributes.folder.lines("tree.json")
        try:
            indices = [node["index"] for node in nodes]
            counts = [node["numChildren"] for node in nodes]
            values = np.array([node["values"] for node in nodes], dtype=np.float64)
            norms = np.array([node["norm"] for node in nodes], dtype=np.float64)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise BundleError(f"{where}: each node has an index, a norm, values and numChildren") from None
        if values.ndim != 2 or norms.ndim != 1:
            raise BundleError(f"{where}: the centers must be vectors of one length")
        if not all(type(number) is int and 0 <= number < 1 << 31 for number in counts):
            raise BundleError(f"{where}: numChildren is no count")
        if not all(type(number) is int and -(1 << 31) <= number < 1 << 31 for number in indices):
            raise BundleError(f"{where}: an index is no int")
        # Each node but the root is one node's child, and none is looked for before it stands.
        open_places = np.cumsum([1] + [count - 1 for count in counts])
        if open_places[-1] != 0 or open_places[:-1].min() < 1:
            raise BundleError(f"{where}: the nodes make no tree")
        centers = Centers(values, attributes.choice("distance_measure", MEASURES, "euclidean"), norms)
        if not centers.usable:
            raise BundleError(f"{where}: a norm is negative or NaN, or 0 under cosine")
        return cls(indices, centers, counts)

    def attributes(self) -> Dict[str, Any]:
        return {"distance_measure": string(self.centers.measure)}

    def files(self) -> Dict[str, bytes]:
        lines = [
            to_json(
                {
                    "index": int(index),
                    "norm": double(norm)["double"],
                    "values": double_list(center)["double"],
                    "numChildren": count,
                }
            )
            for index, norm, center, count in zip(self.indices, self.centers.norms, self.centers.values, self.counts)
        ]
        return {"tree.json": ("\n".join(lines) + "\n").encode()}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.centers.size)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        leaves = self.counts.count(0)
        return [ColumnType("number", basic="int", attributes=cluster_attributes(leaves))]

    def apply(self, inputs: Sequence[AnyColumn]) -> List[AnyColumn]:
        distances, _ = self.centers.distances(inputs[0])
        places = np.zeros(len(distances), dtype=np.int64)
        for place, children in enumerate(self._children):
            if children:
                here = np.flatnonzero(places == place)
                if len(here):
                    places[here] = _nearest(distances[here], children)
        return [Numbers(self.indices[places])]


def _children(counts: Sequence[int]) -> List[List[int]]:
    """The places of each node's children, in order."""
    children: List[List[int]] = [[] for _ in counts]
    waiting: List[int] = []
    for place, count in enumerate(counts):
        if waiting:
            children[waiting.pop()].append(place)
        waiting += [place] * count
    return children


def _nearest(distances: Any, children: Sequence[int]) -> Any:
    """The nearest child of each row; one that is NaN away is never nearer."""
    nearest = np.full(len(distances), children[0])
    best = distances[:, children[0]].copy()
    for child in children[1:]:
        nearer = distances[:, child] < best
        nearest[nearer] = child
        best[nearer] = distances[nearer, child]
    return nearest


def _vector(java: Any) -> Any:
    """The values of a vector in the JVM, moved at once."""
    from pyspark import SparkContext
    from pyspark.mllib.common import _java2py

    return _java2py(SparkContext._active_spark_context, java).toArray()
