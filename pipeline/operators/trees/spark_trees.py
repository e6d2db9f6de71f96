"""Spark's decision trees read from the JVM: two calls a tree, whatever its size."""

from __future__ import annotations

import json
from typing import Any, Callable, List, Mapping, Sequence

import numpy as np

from pipeline.operators.spark_columns import jvm_object
from pipeline.operators.trees.tree import LEAF, Categories, Tree

LeafValues = Callable[[Mapping[str, Any]], List[float]]


def spark_trees(stage: Any, values_of: LeafValues) -> List[Tree]:
    """The trees of a fitted tree, or of an ensemble in its order; `values_of` says what of a leaf they keep.

    Doubles come over as decimal text that reads back to the last bit.
    Raises UnsupportedStageError where there is no JVM to ask.
    """
    from pyspark import SparkContext

    model = jvm_object(stage, "a tree")
    context = SparkContext._active_spark_context
    # What Spark's own writer makes of a tree: a row a node, in pre-order.
    rows = _object(context._jvm.org.apache.spark.ml.tree, "DecisionTreeModelReadWrite$NodeData")
    mapper = _json_mapper(context._jvm.com.fasterxml.jackson)
    models = model.trees() if hasattr(type(stage), "treeWeights") else [model]
    texts = (mapper.writeValueAsString(rows.build(one.rootNode(), 0)._1()) for one in models)
    return [_tree(json.loads(text), values_of) for text in texts]


def class_weights(node: Mapping[str, Any]) -> List[float]:
    """The sum of the weights of each class in a leaf."""
    weights: List[float] = node["impurityStats"]
    return weights


def prediction(node: Mapping[str, Any]) -> List[float]:
    """What a leaf of a regression predicts."""
    return [node["prediction"]]


def prediction_and_variance(node: Mapping[str, Any]) -> List[float]:
    """What a leaf of a regression predicts, and the variance of the labels in it.

    The node's own `impurity` is -1 in some leaves; Spark computes it anew from their sums.
    """
    count, total, squares = node["impurityStats"]
    return [node["prediction"], (squares - (total * total) / count) / count if count else 0.0]


def _json_mapper(jackson: Any) -> Any:
    mapper = jackson.databind.ObjectMapper().registerModule(_object(jackson.module.scala, "DefaultScalaModule"))
    # The fields as they are: one of the rows' getters computes, and fails for a leaf.
    visibility = getattr(jackson.annotation, "JsonAutoDetect$Visibility")
    accessor = jackson.annotation.PropertyAccessor
    return mapper.setVisibility(accessor.GETTER, visibility.NONE).setVisibility(accessor.FIELD, visibility.ANY)


def _object(package: Any, name: str) -> Any:
    return getattr(getattr(package, f"{name}$"), "MODULE$")


def _tree(nodes: Sequence[Mapping[str, Any]], values_of: LeafValues) -> Tree:
    features: List[int] = []
    thresholds: List[float] = []
    categories = {}
    leaves = []
    for node in nodes:
        split = node["split"]
        if node["leftChild"] < 0:
            features.append(LEAF)
            thresholds.append(0.0)
            leaves.append(values_of(node))
        elif split["numCategories"] < 0:
            features.append(split["featureIndex"])
            thresholds.append(split["leftCategoriesOrThreshold"][0])
        else:
            categories[len(features)] = _categories(split)
            features.append(split["featureIndex"])
            thresholds.append(0.0)
    return Tree(
        np.array(features, dtype=np.intp),
        np.array(thresholds, dtype=np.float64),
        categories,
        np.array(leaves, dtype=np.float64),
    )


def _categories(split: Any) -> Categories:
    # Where a category that was never seen goes follows from which side is listed; Spark lists the smaller.
    count = split["numCategories"]
    left = {int(category) for category in split["leftCategoriesOrThreshold"]}
    if len(left) <= count // 2:
        return Categories(tuple(sorted(left)), True, count)
    return Categories(tuple(sorted(set(range(count)) - left)), False, count)
