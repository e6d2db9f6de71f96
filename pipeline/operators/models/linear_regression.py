"""linear_regression: a weighted sum of the features."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.models.linear import LinearFunctions
from pipeline.operators.row_code import DOT, Lowered, Place, RowCode, VectorPlace


class LinearRegression(Model):
    """Spark's `LinearRegressionModel`.

    In: vectors. Out: `prediction`, float64. NaN and infinity go by IEEE 754; see LinearFunctions for sparse
    coefficients, which MLeap's runtime takes for dense ones. A vector of another length is refused.
    Source: org.apache.spark.ml.regression.LinearRegressionModel.
    """

    op = "linear_regression"
    stages = ("LinearRegressionModel",)

    def __init__(self, function: LinearFunctions) -> None:
        self.function = function

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(LinearFunctions.from_spark(stage.coefficients, stage.intercept))
        shape = Shape({"features": stage.getFeaturesCol()}, output_ports(stage, prediction="predictionCol"))
        return [Node(stage.uid, operator, shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "LinearRegression":
        return cls(LinearFunctions.from_attributes(attributes))

    def attributes(self) -> Dict[str, Any]:
        return self.function.attributes()

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.function.size)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"prediction": ColumnType("number")}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        return {"prediction": Numbers(self.function.margin(inputs[0]))}

    def lower_to(self, code: RowCode, inputs: Sequence[Place], ports: Sequence[str]) -> Lowered:
        place, function = inputs[0], self.function
        coefficients = function.coefficients[0]
        # A zero that a sparse vector leaves out must not matter.
        usual = not function.sparse and function.size and np.isfinite(coefficients).all()
        if not usual or not isinstance(place, VectorPlace) or place.size != function.size:
            return None
        made = code.number()
        constants = code.keep(coefficients, function.intercepts[0])
        code.emit(DOT, function.size, constants, place.register, made.register)
        return [made for _ in ports]
