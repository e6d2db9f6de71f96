"""linear_svc: two classes on either side of a plane."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.models.linear import LinearFunctions
from pipeline.operators.values import double, long


class LinearSVC(Model):
    """Spark's `LinearSVCModel`.

    In: vectors; see LinearRegression for NaN, infinity and lengths. Out: `raw_prediction`, the margins -m and m;
    `prediction`, float64, 1 where m is above `threshold`, else 0 (so for NaN).
    Source: org.apache.spark.ml.classification.LinearSVCModel.
    """

    op = "linear_svc"
    stages = ("LinearSVCModel",)

    def __init__(self, function: LinearFunctions, threshold: float) -> None:
        self.function = function
        self.threshold = threshold

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(LinearFunctions.from_spark(stage.coefficients, stage.intercept), stage.getThreshold())
        ports = output_ports(stage, raw_prediction="rawPredictionCol", prediction="predictionCol")
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "LinearSVC":
        if attributes.need("num_classes", int, 2) != 2:
            raise BundleError(f"{attributes.where}: num_classes is not 2")
        return cls(LinearFunctions.from_attributes(attributes), attributes.need("threshold", float, 0.0))

    def attributes(self) -> Dict[str, Any]:
        return {**self.function.attributes(), "num_classes": long(2), "threshold": double(self.threshold)}

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.function.size)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"raw_prediction": ColumnType("vector", 2), "prediction": ColumnType("number")}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        margin = self.function.margin(inputs[0])
        return {
            "raw_prediction": Dense(np.stack([-margin, margin], axis=1)),
            "prediction": Numbers((margin > self.threshold).astype(np.float64)),
        }
