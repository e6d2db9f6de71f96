"""What Spark's gradient-boosted trees share: a weighted sum over regression trees."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense
from pipeline.operators.base import Attributes
from pipeline.operators.row_code import Lowered, Place, RowCode
from pipeline.operators.trees.decision_tree_regression import DecisionTreeRegression
from pipeline.operators.trees.forest import Forest, in_order
from pipeline.operators.trees.spark_trees import prediction, spark_trees
from pipeline.operators.trees.tree_ensemble import ensemble_attributes, ensemble_files, read_ensemble, read_weights
from pipeline.operators.values import Value


class BoostedTrees:
    """Regression trees, each with a weight.

    The sum is taken in the trees' order, as MLeap's runtime takes it; Spark asks BLAS, which sums as it likes.
    """

    def __init__(self, trees: Sequence[DecisionTreeRegression], weights: Sequence[float]) -> None:
        self.trees = tuple(trees)
        self.weights = tuple(weights)
        self._forest = Forest([one.tree for one in trees])
        of_leaf = np.repeat(np.array(self.weights), [len(one.tree.leaves) for one in trees])
        self._terms = self._forest.leaves[:, 0] * of_leaf

    @classmethod
    def from_spark(cls, stage: Any) -> "BoostedTrees":
        """The trees of a fitted GBT model."""
        trees = [DecisionTreeRegression(tree, stage.numFeatures) for tree in spark_trees(stage, prediction)]
        return cls(trees, [float(weight) for weight in stage.treeWeights])

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "BoostedTrees":
        """The trees of a bundle's model."""
        trees: List[DecisionTreeRegression] = read_ensemble(attributes, DecisionTreeRegression)
        return cls(trees, read_weights(attributes, trees))

    def attributes(self) -> Dict[str, Value]:
        """The attributes that name the trees and their weights."""
        return ensemble_attributes(self.weights)

    def files(self) -> Dict[str, bytes]:
        """The trees' files."""
        return ensemble_files(self.trees)

    def walk(self, column: AnyColumn) -> "Tuple[np.ndarray[Any, Any], Dense]":
        """The weighted sum of each row, and the number of its leaf in each tree."""
        leaves = self._forest.leaves_of(column)
        return in_order(self._terms[leaves]), Dense(self._forest.numbers[leaves].T)

    def lower_to(self, code: RowCode, place: Place) -> Lowered:
        """The weighted sum as instructions; see Operator."""
        return self._forest.lower_to(code, place, self._terms)
