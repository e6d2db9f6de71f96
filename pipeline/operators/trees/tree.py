"""One decision tree, as Bundle.ML's `tree.json` lists it: a node a line, each before those below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Sequence, Tuple

import numpy as np

from pipeline.errors import BundleError
from pipeline.operators.base import Attributes
from pipeline.operators.values import brief, double, double_list, to_json

# Spark grows no tree deeper than 30; each level is a step for every row.
MAX_DEPTH = 1000
LEAF = -1


@dataclass(frozen=True)
class Categories:
    """A split on a feature of `count` categories: those that are listed go left, or, where not `left`, right."""

    listed: Tuple[int, ...]
    left: bool
    count: int


@dataclass(frozen=True)
class Tree:
    """The nodes of one tree, in pre-order, as arrays.

    `features` is the feature that a node splits, LEAF for a leaf; what is at most its threshold goes left, to the next
    node, all else to `rights`. `categories` holds the splits on categories by their node. `leaves` is of shape
    (leaves, values). `depth` counts the splits on the longest way. Raises ValueError for nodes that are no one tree.
    """

    features: "np.ndarray[Any, Any]"
    thresholds: "np.ndarray[Any, Any]"
    categories: Dict[int, Categories]
    leaves: "np.ndarray[Any, Any]"
    rights: "np.ndarray[Any, Any]" = field(init=False)
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        rights, depth = _connected(self.features.tolist())
        object.__setattr__(self, "rights", rights)
        object.__setattr__(self, "depth", depth)

    def content(self) -> bytes:
        """The tree as `tree.json`."""
        lines, leaves = [], iter(self.leaves.tolist())
        for node, (feature, threshold) in enumerate(zip(self.features.tolist(), self.thresholds.tolist())):
            if feature == LEAF:
                line: Dict[str, Any] = {"type": "leaf", "values": double_list(next(leaves))["double"]}
            else:
                line = {"type": "internal", "split": self._split(node, feature, threshold)}
            lines.append(to_json(line) + "\n")
        return "".join(lines).encode()

    def _split(self, node: int, feature: int, threshold: float) -> Dict[str, Any]:
        if node not in self.categories:
            return {"type": "continuous", "featureIndex": feature, "threshold": double(threshold)["double"]}
        split = self.categories[node]
        return {
            "type": "categorical",
            "featureIndex": feature,
            "isLeft": split.left,
            "numCategories": split.count,
            "categories": [float(category) for category in split.listed],
        }


def read_tree(attributes: Attributes) -> Tree:
    """The tree in the `tree.json` beside a model, its features below the model's `num_features`."""
    where = attributes.where.replace("model.json", "tree.json")
    nodes = attributes.folder.lines("tree.json")
    try:
        return _tree(nodes, attributes.need("num_features", int))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"{where}: no decision tree: {error}") from None


def _tree(nodes: Sequence[Any], num_features: int) -> Tree:
    features: List[int] = []
    thresholds: List[Any] = []
    leaves: List[Any] = []
    categories: Dict[int, Categories] = {}
    for node in nodes:
        if node["type"] == "leaf":
            features.append(LEAF)
            thresholds.append(0.0)
            leaves.append(node["values"])
            continue
        split = node["split"]
        feature = split["featureIndex"]
        if type(feature) is not int or not 0 <= feature < num_features:
            raise ValueError(f"a split of feature {brief(feature)} of {num_features}")
        if split["type"] == "categorical":
            categories[len(features)] = _categories(split)
        thresholds.append(split["threshold"] if split["type"] == "continuous" else 0.0)
        features.append(feature)
    _check_numbers(thresholds)
    for values in leaves:
        _check_numbers(values)
    # MLeap's JSON says null for NaN, as NumPy reads it.
    values = np.array(leaves, dtype=np.float64)
    if values.ndim != 2 or not values.shape[1]:
        raise ValueError("its leaves differ in length or are empty")
    return Tree(np.array(features, dtype=np.intp), np.array(thresholds, dtype=np.float64), categories, values)


def _categories(split: Any) -> Categories:
    listed, left, count = split["categories"], split["isLeft"], split["numCategories"]
    _check_numbers(listed)
    if type(left) is not bool or type(count) is not int or not 0 <= count < 1 << 31:
        raise ValueError(f"a split into {brief(count)} categories, isLeft {brief(left)}")
    if not all(category == int(category) and 0 <= category < count for category in listed):
        raise ValueError(f"categories {brief(listed)} of {count}")
    return Categories(tuple(int(category) for category in listed), left, count)


def _check_numbers(values: Iterable[Any]) -> None:
    if not {float, int, type(None)}.issuperset(map(type, values)):
        raise ValueError("a value that is no number")


def _connected(features: Sequence[int]) -> "Tuple[np.ndarray[Any, Any], int]":
    """The right child of each node (its own number for a leaf), and the depth."""
    rights = np.arange(len(features), dtype=np.intp)
    waiting: List[Tuple[int, int]] = []  # splits whose right child is still to come, with their depths
    depth, deepest = 0, 0
    for node, feature in enumerate(features):
        deepest = max(deepest, depth)
        if feature != LEAF:
            waiting.append((node, depth))
            depth += 1
        elif waiting:
            split, above = waiting.pop()
            rights[split] = node + 1
            depth = above + 1
        elif node != len(features) - 1:
            raise ValueError("there are nodes after its last leaf")
    if waiting or not features or features[-1] != LEAF or rights.max() >= len(features):
        raise ValueError("a split lacks a node below it")
    if deepest > MAX_DEPTH:
        raise ValueError(f"deeper than {MAX_DEPTH}")
    return rights, deepest
