"""fm_classifier: two classes by a factorization machine."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn
from pipeline.operators.base import Attributes, Node, Shape, Types
from pipeline.operators.models.classifier import (
    ProbabilisticClassifier,
    output_ports,
    read_thresholds,
    spark_thresholds,
)
from pipeline.operators.models.factorization import FactorizationMachine
from pipeline.operators.models.softmax import logistic


class FMClassifier(ProbabilisticClassifier):
    """Spark's `FMClassificationModel`.

    In: vectors; see FMRegressor. Out: `raw_prediction`, the machine's number with either sign, `probability` and
    `prediction`; see ProbabilisticClassifier.
    Source: org.apache.spark.ml.classification.FMClassificationModel.
    """

    op = "fm_classifier"
    stages = ("FMClassificationModel",)

    def __init__(self, machine: FactorizationMachine, thresholds: Optional[Sequence[float]] = None) -> None:
        super().__init__(2, machine.size, thresholds)
        self.machine = machine
        self.in_mleap = False

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(FactorizationMachine.from_spark(stage), spark_thresholds(stage))
        ports = output_ports(
            stage, raw_prediction="rawPredictionCol", probability="probabilityCol", prediction="predictionCol"
        )
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "FMClassifier":
        return cls(FactorizationMachine.from_attributes(attributes), read_thresholds(attributes, 2))

    def attributes(self) -> Dict[str, Any]:
        return {**self.class_attributes(), **self.machine.attributes()}

    def probabilities(self, raw: Any) -> Any:
        second = logistic(raw[:, 1])
        return np.stack([1.0 - second, second], axis=1)

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        margins = self.machine.margins(inputs[0])
        return self.outputs_of(np.stack([-margins, margins], axis=1), ports)
