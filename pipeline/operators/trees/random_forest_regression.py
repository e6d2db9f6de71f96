"""random_forest_regression: the mean of what trees predict."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.row_code import Lowered, Place, RowCode
from pipeline.operators.trees.decision_tree_regression import DecisionTreeRegression
from pipeline.operators.trees.forest import Forest, in_order
from pipeline.operators.trees.spark_trees import prediction, spark_trees
from pipeline.operators.trees.tree_ensemble import ensemble_attributes, ensemble_files, read_ensemble, read_weights
from pipeline.operators.values import long


class RandomForestRegression(Model):
    """Spark's `RandomForestRegressionModel`; its trees weigh the same, whatever a bundle says.

    In: vectors; see Forest for NaN, unknown categories and lengths. Out: `prediction`, the sum of the trees' numbers,
    in order, divided by how many they are; `leaf`, a vector of the number of the leaf in each tree, which MLeap's
    runtime does not make.
    Source: org.apache.spark.ml.regression.RandomForestRegressionModel.
    """

    op = "random_forest_regression"
    stages = ("RandomForestRegressionModel",)

    def __init__(self, trees: Sequence[DecisionTreeRegression], num_features: int) -> None:
        self.trees = tuple(trees)
        self.num_features = num_features
        self._forest = Forest([one.tree for one in trees])

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        trees = [DecisionTreeRegression(tree, stage.numFeatures) for tree in spark_trees(stage, prediction)]
        ports = output_ports(stage, prediction="predictionCol", leaf="leafCol")
        shape = Shape({"features": stage.getFeaturesCol()}, ports)
        return [Node(stage.uid, cls(trees, stage.numFeatures), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "RandomForestRegression":
        trees = read_ensemble(attributes, DecisionTreeRegression)
        read_weights(attributes, trees)
        return cls(trees, attributes.need("num_features", int))

    def attributes(self) -> Dict[str, Any]:
        return {"num_features": long(self.num_features), **ensemble_attributes([1.0] * len(self.trees))}

    def files(self) -> Dict[str, bytes]:
        return ensemble_files(self.trees)

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"prediction": ColumnType("number"), "leaf": ColumnType("vector", len(self.trees))}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        leaves = self._forest.leaves_of(inputs[0])
        made: Dict[str, AnyColumn] = {}
        if "prediction" in ports:
            made["prediction"] = Numbers(in_order(self._forest.leaves[leaves, 0]) / len(self.trees))
        if "leaf" in ports:
            made["leaf"] = Dense(self._forest.numbers[leaves].T)
        return made

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        if list(ports) != ["prediction"]:
            return None
        return self._forest.lower_to(code, inputs[0], self._forest.leaves[:, 0], len(self.trees))
