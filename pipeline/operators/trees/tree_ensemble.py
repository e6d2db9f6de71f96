"""What a forest's or a booster's trees are in a bundle: models in folders of their own, tree0, tree1, ..."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Type, TypeVar

from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Operator
from pipeline.operators.values import Value, brief, double_list, string_list

One = TypeVar("One", bound=Operator)


def ensemble_attributes(weights: Sequence[float]) -> Dict[str, Value]:
    """The attributes that name the trees and their weights."""
    return {"tree_weights": double_list(weights), "trees": string_list(f"tree{at}" for at in range(len(weights)))}


def ensemble_files(trees: Sequence[Operator]) -> Dict[str, bytes]:
    """The trees' own files, each tree in its folder."""
    return {name: content for at, tree in enumerate(trees) for name, content in tree.model_files(f"tree{at}/").items()}


def read_ensemble(attributes: Attributes, kind: Type[One]) -> List[One]:
    """The trees that a bundle's ensemble names, at least one and each once, all of a kind."""
    names: List[Any] = attributes.need_list("trees", str)
    if not names or len(set(names)) != len(names):
        raise BundleError(f"{attributes.where}: trees is {brief(names)}, expected names of folders, each once")
    trees = []
    for name in names:
        tree = attributes.folder.model(name)
        if not isinstance(tree, kind):
            raise BundleError(f"{attributes.where}: {name} is a {tree.op}, expected a {kind.op}")
        trees.append(tree)
    return trees


def read_weights(attributes: Attributes, trees: Sequence[Operator]) -> List[float]:
    """The weights of the trees, one each."""
    weights: List[float] = attributes.need_list("tree_weights", float)
    if len(weights) != len(trees):
        raise BundleError(f"{attributes.where}: {len(weights)} tree_weights for {len(trees)} trees")
    return weights
