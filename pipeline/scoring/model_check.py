"""Whether a model's document holds together.

libxgboost trusts much of what it loads: a child, a feature or a category that is not there makes it read outside of its
arrays, or follow a circle for ever. What it checks itself, like the arrays' lengths, is left to it where nothing here
depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import ModelError

Integers = np.ndarray[Any, np.dtype[np.int64]]

# The most categories that XGBoost takes.
_MOST_CATEGORIES = 1 << 24

# What a model without trees may have; with trees each class has its own.
_CLASSES_WITHOUT_TREES = 1024


def check_document(document: Any) -> None:
    """Refuses a model that cannot be predicted with safely: a ModelError that says what is wrong.

    Refused are also trees with vectors for leaves, and categories by name, which feature vectors do not have.
    """
    learner = _part(document, "learner")
    param = _part(learner, "learner_model_param")
    features = _number(param, "num_feature")
    groups = max(1, _number(param, "num_class"), _number(param, "num_target", 1))
    _check_objective(_part(learner, "objective"), groups)
    booster = _part(learner, "gradient_booster")
    name = booster.get("name")
    if name == "gblinear":
        weights = _entry(_part(booster, "model"), "weights")
        _need(_length(weights) == (features + 1) * groups, "gblinear's weights do not fit its features")
        return
    _need(name in ("gbtree", "dart"), f"there is no booster {str(name)[:40]!r}")
    model = _part(_part(booster, "gbtree") if name == "dart" else booster, "model")
    count = _check_forest(model, features, groups)
    if name == "dart":
        _need(_length(_entry(booster, "weight_drop")) == count, "weight_drop has not one weight a tree")


def _check_objective(objective: Mapping[str, Any], groups: int) -> None:
    softmax = objective.get("softmax_multiclass_param")
    if softmax is not None:
        _need(isinstance(softmax, dict) and _number(softmax, "num_class") == groups, "num_class is said in two ways")


def _check_forest(model: Mapping[str, Any], features: int, groups: int) -> int:
    trees = _entry(model, "trees")
    _need(isinstance(trees, list), "trees are no list")
    info = _integers(model, "tree_info", len(trees))
    _need(_within(info, 0, groups), "tree_info names a class that is not there")
    _need(groups <= max(len(trees), _CLASSES_WITHOUT_TREES), "there are more classes than trees")
    _need(_number(_part(model, "gbtree_model_param"), "num_trees") == len(trees), "num_trees is not the trees' number")
    if "iteration_indptr" in model:
        indptr = _integers(model, "iteration_indptr")
        ends = len(indptr) and indptr[0] == 0 and indptr[-1] == len(trees)
        _need(bool(ends) and bool((np.diff(indptr) >= 0).all()), "iteration_indptr does not run over the trees")
    else:
        _need(len(trees) > 0, "it has neither trees nor iteration_indptr")
    cats = model.get("cats", {})
    _need(isinstance(cats, dict) and not any(map(_length, cats.values())), "it takes categories by name")
    for at, tree in enumerate(trees):
        try:
            _need(_entry(tree, "id") == at, "its id is not its place")
            _check_tree(tree, features)
        except ModelError as error:
            raise ModelError(f"{error.message}, in tree {at}", hint=error.hint) from None
    return len(trees)


def _check_tree(tree: Any, features: int) -> None:
    param = _part(tree, "tree_param")
    _need(_number(param, "size_leaf_vector", 0) <= 1, "leaves are vectors, which are not read here")
    count = _number(param, "num_nodes")
    left, right = _integers(tree, "left_children", count), _integers(tree, "right_children", count)
    inner = left != -1
    children = np.concatenate([left[inner], right[inner]])
    _need(count > 0 and _within(children, 1, count), "a child is not there")
    # Without a second parent, and the root without any, no way from the root meets itself.
    _need(not len(children) or np.bincount(children).max() == 1, "a node has two parents")
    _need(_within(_integers(tree, "parents", count)[1:], 0, count), "a parent is not there")
    _need(_within(_integers(tree, "split_indices", count)[inner], 0, features), "a feature is not there")
    if "split_type" in tree:
        _check_categories(tree, count)


def _check_categories(tree: Mapping[str, Any], count: int) -> None:
    nodes = _integers(tree, "categories_nodes")
    kinds = _integers(tree, "split_type", count)
    _need(np.array_equal(np.flatnonzero(kinds), nodes), "split_type and categories_nodes differ")
    if not len(nodes):
        return
    categories = _integers(tree, "categories")
    starts, sizes = _integers(tree, "categories_segments", len(nodes)), _integers(tree, "categories_sizes", len(nodes))
    total = len(categories)
    inside = _within(starts, 0, total) and _within(sizes, 1, total + 1) and _within(starts + sizes, 1, total + 1)
    _need(inside, "a categorical split has no categories")
    _need(_within(categories, 0, _MOST_CATEGORIES), "a category is out of range")


def _need(holds: bool, problem: str) -> None:
    if not holds:
        raise ModelError(f"the model cannot be used: {problem}", hint="was the file changed after it was saved?")


def _within(values: Integers, low: int, high: int) -> bool:
    return not len(values) or bool(values.min() >= low and values.max() < high)


def _entry(holder: Any, name: str) -> Any:
    _need(isinstance(holder, dict) and name in holder, f"{name} is missing")
    return holder[name]


def _part(holder: Any, name: str) -> dict[str, Any]:
    part = _entry(holder, name)
    _need(isinstance(part, dict), f"{name} is no object")
    return part  # type: ignore[no-any-return]


def _number(param: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number of XGBoost's parameters, which it writes as text."""
    if default is not None and name not in param:
        return default
    text = _entry(param, name)
    _need(isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 11, f"{name} is no whole number")
    return int(text)


def _length(array: Any) -> int:
    _need(isinstance(array, list | np.ndarray), "an array is missing")
    return len(array)


def _integers(holder: Any, name: str, length: int | None = None) -> Integers:
    values: Sequence[Any] = _entry(holder, name)
    array = np.asarray(values if _length(values) else np.empty(0, np.int64))
    _need(array.ndim == 1 and array.dtype.kind in "iub", f"{name} are not whole numbers")
    _need(length is None or len(array) == length, f"{name} are {len(array)}, not {length}")
    return array.astype(np.int64)
