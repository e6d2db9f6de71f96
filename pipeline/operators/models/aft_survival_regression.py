"""aft_survival_regression: how long something lasts, and the quantiles of that."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.models.linear import LinearFunctions
from pipeline.operators.values import double, double_list


class AFTSurvivalRegression(Model):
    """Spark's `AFTSurvivalRegressionModel`.

    In: vectors; see LinearRegression for NaN, infinity and lengths. Out: `prediction`, e to the power of the linear
    function, float64; `quantiles`, a vector with the Weibull distribution's quantile of each of
    `quantile_probabilities`.
    Source: org.apache.spark.ml.regression.AFTSurvivalRegressionModel.
    """

    op = "aft_survival_regression"
    stages = ("AFTSurvivalRegressionModel",)

    def __init__(self, function: LinearFunctions, scale: float, quantile_probabilities: Sequence[float]) -> None:
        self.function = function
        self.scale = scale
        self.quantile_probabilities = tuple(quantile_probabilities)
        with np.errstate(all="ignore"):
            self._factors = np.exp(np.log(-np.log1p(-np.array(self.quantile_probabilities))) * scale)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        function = LinearFunctions.from_spark(stage.coefficients, stage.intercept)
        ports = output_ports(stage, prediction="predictionCol", quantiles="quantilesCol")
        operator = cls(function, stage.scale, stage.getQuantileProbabilities())
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "AFTSurvivalRegression":
        probabilities = attributes.need_list("quantile_probabilities", float)
        if not all(0 < one < 1 for one in probabilities):
            raise BundleError(f"{attributes.where}: a quantile probability is not between 0 and 1")
        return cls(LinearFunctions.from_attributes(attributes), attributes.need("scale", float), probabilities)

    def attributes(self) -> Dict[str, Any]:
        return {
            **self.function.attributes(),
            "quantile_probabilities": double_list(self.quantile_probabilities),
            "scale": double(self.scale),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.function.size)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {
            "prediction": ColumnType("number"),
            "quantiles": ColumnType("vector", len(self.quantile_probabilities)),
        }

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        with np.errstate(all="ignore"):
            lifetimes = np.exp(self.function.margin(inputs[0]))
            return {
                "prediction": Numbers(lifetimes),
                "quantiles": Dense(lifetimes[:, np.newaxis] * self._factors),
            }
