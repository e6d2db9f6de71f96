"""decision_tree_regression: one tree whose leaves hold a number."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn, Numbers
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.row_code import Lowered, Place, RowCode
from pipeline.operators.trees.forest import Forest
from pipeline.operators.trees.spark_trees import prediction, prediction_and_variance, spark_trees
from pipeline.operators.trees.tree import Tree, read_tree
from pipeline.operators.values import long


class DecisionTreeRegression(Model):
    """Spark's `DecisionTreeRegressionModel`.

    In: vectors; see Forest for NaN, unknown categories and lengths. Out: `prediction`, the leaf's number; `variance`,
    that of the labels in the leaf, the second value of each leaf in the bundle where the stage has a `varianceCol`;
    `leaf`, the leaf's number from the left. MLeap's runtime makes the prediction alone.
    Source: org.apache.spark.ml.regression.DecisionTreeRegressionModel.
    """

    op = "decision_tree_regression"
    stages = ("DecisionTreeRegressionModel",)

    def __init__(self, tree: Tree, num_features: int) -> None:
        self.tree = tree
        self.num_features = num_features

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        ports = output_ports(stage, prediction="predictionCol", variance="varianceCol", leaf="leafCol")
        values_of = prediction_and_variance if "variance" in ports else prediction
        operator = cls(spark_trees(stage, values_of)[0], stage.numFeatures)
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "DecisionTreeRegression":
        return cls(read_tree(attributes), attributes.need("num_features", int))

    def attributes(self) -> Dict[str, Any]:
        return {"num_features": long(self.num_features)}

    def files(self) -> Dict[str, bytes]:
        return {"tree.json": self.tree.content()}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        ports = ("prediction", "leaf") if self.tree.leaves.shape[1] == 1 else ("prediction", "leaf", "variance")
        return dict.fromkeys(ports, ColumnType("number"))

    @cached_property
    def _forest(self) -> Forest:
        # Within an ensemble the tree is not walked alone.
        return Forest([self.tree])

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        forest = self._forest
        leaves = forest.leaves_of(inputs[0])[0]
        made: Dict[str, AnyColumn] = {
            "prediction": Numbers(forest.leaves[leaves, 0]),
            "leaf": Numbers(forest.numbers[leaves]),
        }
        if "variance" in ports:
            made["variance"] = Numbers(forest.leaves[leaves, 1])
        return made

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        if list(ports) != ["prediction"]:
            return None
        return self._forest.lower_to(code, inputs[0], self._forest.leaves[:, 0])
