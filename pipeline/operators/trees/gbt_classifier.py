"""gbt_classifier: boosted trees whose sum is half the log-odds of class 1."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Node, Shape, Types
from pipeline.operators.models.classifier import (
    ProbabilisticClassifier,
    output_ports,
    read_thresholds,
    spark_thresholds,
)
from pipeline.operators.trees.gradient_boosted_trees import BoostedTrees


class GBTClassifier(ProbabilisticClassifier):
    """Spark's `GBTClassificationModel`, of two classes.

    In: vectors; see Forest for NaN, unknown categories and lengths. Out: `raw_prediction`, the negative sum and the
    sum; `probability` by the logistic function of twice the sum; `prediction`; `leaf`, a vector of the number of the
    leaf in each tree, which MLeap's runtime does not make.
    Source: org.apache.spark.ml.classification.GBTClassificationModel.
    """

    op = "gbt_classifier"
    stages = ("GBTClassificationModel",)

    def __init__(self, trees: BoostedTrees, num_features: int, thresholds: Optional[Sequence[float]] = None) -> None:
        super().__init__(2, num_features, thresholds)
        self._boosted = trees

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(BoostedTrees.from_spark(stage), stage.numFeatures, spark_thresholds(stage))
        ports = output_ports(
            stage,
            raw_prediction="rawPredictionCol",
            probability="probabilityCol",
            prediction="predictionCol",
            leaf="leafCol",
        )
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "GBTClassifier":
        if attributes.need("num_classes", int, 2) != 2:
            raise BundleError(f"{attributes.where}: {attributes.get('num_classes')} classes, expected 2")
        trees = BoostedTrees.from_attributes(attributes)
        return cls(trees, attributes.need("num_features", int), read_thresholds(attributes, 2))

    def attributes(self) -> Dict[str, Any]:
        return {**self.class_attributes(), **self._boosted.attributes()}

    def files(self) -> Dict[str, bytes]:
        return self._boosted.files()

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        return {**super().port_types(inputs), "leaf": ColumnType("vector", len(self._boosted.trees))}

    def probabilities(self, raw: Any) -> Any:
        with np.errstate(over="ignore"):
            first = 1.0 / (1.0 + np.exp(-2.0 * raw[:, 0]))
        return np.column_stack([first, 1.0 - first])

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        sums, leaves = self._boosted.walk(inputs[0])
        return {**self.outputs_of(np.column_stack([-sums, sums]), ports), "leaf": leaves}
