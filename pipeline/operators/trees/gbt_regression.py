"""gbt_regression: the weighted sum of what boosted trees predict."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn, Numbers
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.row_code import Lowered, Place, RowCode
from pipeline.operators.trees.gradient_boosted_trees import BoostedTrees
from pipeline.operators.values import long


class GBTRegression(Model):
    """Spark's `GBTRegressionModel`.

    In: vectors; see Forest for NaN, unknown categories and lengths. Out: `prediction`; `leaf`, a vector of the number
    of the leaf in each tree, which MLeap's runtime does not make.
    Source: org.apache.spark.ml.regression.GBTRegressionModel.
    """

    op = "gbt_regression"
    stages = ("GBTRegressionModel",)

    def __init__(self, trees: BoostedTrees, num_features: int) -> None:
        self._boosted = trees
        self.num_features = num_features

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        ports = output_ports(stage, prediction="predictionCol", leaf="leafCol")
        shape = Shape({"features": stage.getFeaturesCol()}, ports)
        return [Node(stage.uid, cls(BoostedTrees.from_spark(stage), stage.numFeatures), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "GBTRegression":
        return cls(BoostedTrees.from_attributes(attributes), attributes.need("num_features", int))

    def attributes(self) -> Dict[str, Any]:
        return {"num_features": long(self.num_features), **self._boosted.attributes()}

    def files(self) -> Dict[str, bytes]:
        return self._boosted.files()

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.num_features)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"prediction": ColumnType("number"), "leaf": ColumnType("vector", len(self._boosted.trees))}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        sums, leaves = self._boosted.walk(inputs[0])
        return {"prediction": Numbers(sums), "leaf": leaves}

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        return self._boosted.lower_to(code, inputs[0]) if list(ports) == ["prediction"] else None
