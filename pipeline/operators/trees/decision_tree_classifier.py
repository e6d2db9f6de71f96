"""decision_tree_classifier: one tree whose leaves hold the weights of the classes."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Dict, List, Optional, Sequence

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Shape, Types
from pipeline.operators.models.classifier import (
    ProbabilisticClassifier,
    normalized,
    output_ports,
    read_thresholds,
    spark_thresholds,
)
from pipeline.operators.trees.forest import Forest
from pipeline.operators.trees.spark_trees import class_weights, spark_trees
from pipeline.operators.trees.tree import Tree, read_tree


class DecisionTreeClassifier(ProbabilisticClassifier):
    """Spark's `DecisionTreeClassificationModel`.

    In: vectors; see Forest for NaN, unknown categories and lengths. Out: `raw_prediction`, the weights of the classes
    in the leaf; `probability`, these divided by their sum; `prediction`; `leaf`, the leaf's number from the left, which
    MLeap's runtime does not make.
    Source: org.apache.spark.ml.classification.DecisionTreeClassificationModel.
    """

    op = "decision_tree_classifier"
    stages = ("DecisionTreeClassificationModel",)

    def __init__(self, tree: Tree, num_features: int, thresholds: Optional[Sequence[float]] = None) -> None:
        super().__init__(int(tree.leaves.shape[1]), num_features, thresholds)
        self.tree = tree

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        ports = output_ports(
            stage, raw_prediction="rawPredictionCol", probability="probabilityCol", prediction="predictionCol"
        )
        thresholds = spark_thresholds(stage)
        if ports.keys() == {"prediction"}:
            # The leaf itself then says the class, whatever the thresholds.
            thresholds = None
        operator = cls(spark_trees(stage, class_weights)[0], stage.numFeatures, thresholds)
        shape = Shape({"features": stage.getFeaturesCol()}, {**ports, **output_ports(stage, leaf="leafCol")})
        return [Node(stage.uid, operator, shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "DecisionTreeClassifier":
        tree = read_tree(attributes)
        classes = attributes.need("num_classes", int)
        if tree.leaves.shape[1] != classes:
            raise BundleError(f"{attributes.where}: {tree.leaves.shape[1]} values a leaf for {classes} classes")
        return cls(tree, attributes.need("num_features", int), read_thresholds(attributes, classes))

    def attributes(self) -> Dict[str, Any]:
        return self.class_attributes()

    def files(self) -> Dict[str, bytes]:
        return {"tree.json": self.tree.content()}

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {**super().port_types(inputs), "leaf": ColumnType("number")}

    @cached_property
    def _forest(self) -> Forest:
        # Within an ensemble the tree is not walked alone.
        return Forest([self.tree])

    def probabilities(self, raw: Any) -> Any:
        return normalized(raw)

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        leaves = self._forest.leaves_of(inputs[0])[0]
        return {**self.outputs_of(self._forest.leaves[leaves], ports), "leaf": Numbers(self._forest.numbers[leaves])}
