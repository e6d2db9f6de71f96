"""random_forest_classifier: trees that vote, each with the shares of the classes in its leaf."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Shape, Types
from pipeline.operators.models.classifier import (
    ProbabilisticClassifier,
    normalized,
    output_ports,
    read_thresholds,
    spark_thresholds,
)
from pipeline.operators.trees.decision_tree_classifier import DecisionTreeClassifier
from pipeline.operators.trees.forest import Forest, in_order
from pipeline.operators.trees.spark_trees import class_weights, spark_trees
from pipeline.operators.trees.tree_ensemble import ensemble_attributes, ensemble_files, read_ensemble, read_weights


class RandomForestClassifier(ProbabilisticClassifier):
    """Spark's `RandomForestClassificationModel`; its trees weigh the same, whatever a bundle says.

    In: vectors; see Forest for NaN, unknown categories and lengths. Out: `raw_prediction`, for each class the sum over
    the trees of its share in the leaf; `probability`, these divided by their sum; `prediction`; `leaf`, a vector of
    the number of the leaf in each tree, which MLeap's runtime does not make.
    Source: org.apache.spark.ml.classification.RandomForestClassificationModel.
    """

    op = "random_forest_classifier"
    stages = ("RandomForestClassificationModel",)

    def __init__(
        self, trees: Sequence[DecisionTreeClassifier], num_features: int, thresholds: Optional[Sequence[float]] = None
    ) -> None:
        super().__init__(trees[0].num_classes, num_features, thresholds)
        self.trees = tuple(trees)
        self._forest = Forest([one.tree for one in trees])
        totals = np.add.accumulate(self._forest.leaves, axis=1)[:, -1:]
        with np.errstate(all="ignore"):
            # A leaf without weights has no vote.
            self._votes = np.where(totals == 0, 0.0, self._forest.leaves / totals)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        trees = [DecisionTreeClassifier(tree, stage.numFeatures) for tree in spark_trees(stage, class_weights)]
        operator = cls(trees, stage.numFeatures, spark_thresholds(stage))
        ports = output_ports(
            stage,
            raw_prediction="rawPredictionCol",
            probability="probabilityCol",
            prediction="predictionCol",
            leaf="leafCol",
        )
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "RandomForestClassifier":
        trees = read_ensemble(attributes, DecisionTreeClassifier)
        read_weights(attributes, trees)
        classes = attributes.need("num_classes", int)
        if any(tree.num_classes != classes for tree in trees):
            raise BundleError(f"{attributes.where}: its trees have other classes than {classes}")
        return cls(trees, attributes.need("num_features", int), read_thresholds(attributes, classes))

    def attributes(self) -> Dict[str, Any]:
        return {**self.class_attributes(), **ensemble_attributes([1.0] * len(self.trees))}

    def files(self) -> Dict[str, bytes]:
        return ensemble_files(self.trees)

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {**super().port_types(inputs), "leaf": ColumnType("vector", len(self.trees))}

    def probabilities(self, raw: Any) -> Any:
        return normalized(raw)

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        leaves = self._forest.leaves_of(inputs[0])
        made = self.outputs_of(in_order(self._votes[leaves]), ports)
        if "leaf" in ports:
            made["leaf"] = Dense(self._forest.numbers[leaves].T)
        return made
