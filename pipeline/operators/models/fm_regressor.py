"""fm_regressor: a factorization machine's number."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

from pipeline.columns import AnyColumn, Numbers
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.models.classifier import output_ports
from pipeline.operators.models.factorization import FactorizationMachine


class FMRegressor(Model):
    """Spark's `FMRegressionModel`.

    In: vectors; NaN and infinity go by IEEE 754, a vector of another length is refused. Out: `prediction`, float64.
    Source: org.apache.spark.ml.regression.FMRegressionModel.
    """

    op = "fm_regressor"
    stages = ("FMRegressionModel",)
    in_mleap = False

    def __init__(self, machine: FactorizationMachine) -> None:
        self.machine = machine

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        shape = Shape({"features": stage.getFeaturesCol()}, output_ports(stage, prediction="predictionCol"))
        return [Node(stage.uid, cls(FactorizationMachine.from_spark(stage)), shape)]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "FMRegressor":
        return cls(FactorizationMachine.from_attributes(attributes))

    def attributes(self) -> Dict[str, Any]:
        return self.machine.attributes()

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.machine.size)]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {"prediction": ColumnType("number")}

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        return {"prediction": Numbers(self.machine.margins(inputs[0]))}
