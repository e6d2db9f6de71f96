"""generalized_linear_regression: a linear prediction, made a mean by a link."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.models.glm_families import (
    DEFAULT_LINKS,
    FAMILIES,
    LINKS,
    TWEEDIE_FAMILIES,
    mean_of,
    power_link,
)
from pipeline.operators.models.linear import LinearFunctions
from pipeline.operators.values import boolean, double, string


class GeneralizedLinearRegression(Model):
    """Spark's `GeneralizedLinearRegressionModel`, of every family and link.

    In: `features`, vectors (see LinearRegression for NaN, infinity and lengths), and, with `has_offset`, `offset`, a
    number that is added to the linear prediction; null gives null. Out: `link_prediction`, the linear prediction;
    `prediction`, the mean, both float64. MLeap's runtime has no offset, and of power links only those with a name;
    other instances are not `in_mleap`.
    Source: org.apache.spark.ml.regression.GeneralizedLinearRegressionModel.
    """

    op = "generalized_linear_regression"
    stages = ("GeneralizedLinearRegressionModel",)

    def __init__(
        self, function: LinearFunctions, family: str, link: str, *, link_power: float = 1.0, has_offset: bool = False
    ) -> None:
        self.function = function
        self.family = family
        self.link = link
        self.link_power = link_power
        self.has_offset = has_offset
        self.in_mleap = link != "power" and not has_offset

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        family, link, power = _family_and_link(stage)
        inputs = {"features": stage.getFeaturesCol()}
        offset = stage.getOrDefault("offsetCol") if stage.isDefined("offsetCol") else ""
        if offset:
            inputs["offset"] = offset
        operator = cls(
            LinearFunctions.from_spark(stage.coefficients, stage.intercept),
            family,
            link,
            link_power=power,
            has_offset=bool(offset),
        )
        ports = output_ports(stage, link_prediction="linkPredictionCol", prediction="predictionCol")
        return [Node(stage.uid, operator, Shape(inputs, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "GeneralizedLinearRegression":
        family = attributes.choice("family", FAMILIES, "gaussian")
        power = attributes.need("link_power", float, 1.0)
        if power == 0:
            raise BundleError(f"{attributes.where}: link_power is 0; that is the link 'log'")
        return cls(
            LinearFunctions.from_attributes(attributes),
            family,
            attributes.choice("link", LINKS, DEFAULT_LINKS[family]),
            link_power=power,
            has_offset=attributes.need("has_offset", bool, False),
        )

    def attributes(self) -> Dict[str, Any]:
        made = {**self.function.attributes(), "family": string(self.family), "link": string(self.link)}
        if self.link == "power":
            made["link_power"] = double(self.link_power)
        if self.has_offset:
            made["has_offset"] = boolean(True)
        return made

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.function.size), ColumnType("number")][:count]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        number = ColumnType("number", nullable=self.has_offset)
        return {"link_prediction": number, "prediction": number}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        linear, valid = self.function.margin(inputs[0]), None
        if self.has_offset:
            if len(inputs) != 2:
                raise BundleError(f"{self.op} has an offset, but no column for it")
            offset = inputs[1]
            assert isinstance(offset, Numbers)
            valid = offset.valid
            with np.errstate(all="ignore"):
                linear = linear + offset.doubles()
        made: Dict[str, AnyColumn] = {"link_prediction": Numbers(linear, valid)}
        if "prediction" in ports:
            made["prediction"] = Numbers(mean_of(self.link, self.link_power, self.family, linear), valid)
        return made


def _family_and_link(stage: Any) -> Tuple[str, str, float]:
    """The family, the link and the power of a link that has no name."""
    family = stage.getFamily().lower()
    if family != "tweedie":
        return family, stage.getLink().lower() if stage.isSet("link") else DEFAULT_LINKS[family], 1.0
    variance = float(stage.getVariancePower())
    power = float(stage.getLinkPower()) if stage.isSet("linkPower") else 1.0 - variance
    return TWEEDIE_FAMILIES.get(variance, "poisson"), *power_link(power)
