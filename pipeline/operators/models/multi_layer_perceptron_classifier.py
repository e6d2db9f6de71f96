"""multi_layer_perceptron_classifier: layers of sigmoids with softmax on top."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Node, Shape, Types
from pipeline.operators.features.vectors import of_size
from pipeline.operators.models.classifier import (
    ProbabilisticClassifier,
    output_ports,
    read_thresholds,
    spark_thresholds,
)
from pipeline.operators.models.softmax import logistic, shifted_powers
from pipeline.operators.sums import inner_products
from pipeline.operators.values import long_list, tensor


class MultiLayerPerceptronClassifier(ProbabilisticClassifier):
    """Spark's `MultilayerPerceptronClassificationModel`.

    In: vectors; NaN and infinity go by IEEE 754, a vector of another length is refused. Out: `raw_prediction`, what the
    last layer makes before softmax, `probability` and `prediction`; see ProbabilisticClassifier. `layers` are the sizes
    of the layers from the features to the classes; `weights` hold for each pair of them a matrix, column by column, and
    a bias. Last bits depend on the machine's BLAS, here as in Spark.
    Source: org.apache.spark.ml.classification.MultilayerPerceptronClassificationModel.
    """

    op = "multi_layer_perceptron_classifier"
    stages = ("MultilayerPerceptronClassificationModel",)

    def __init__(
        self, layers: Sequence[int], weights: "np.ndarray[Any, Any]", thresholds: Optional[Sequence[float]] = None
    ) -> None:
        super().__init__(layers[-1], layers[0], thresholds)
        self.layers = tuple(layers)
        self.weights = weights
        self._steps: List[Tuple[Any, Any]] = []
        at = 0
        for wide, narrow in _shapes(layers):
            bias = at + wide * narrow
            self._steps.append((weights[at:bias].reshape(wide, narrow), weights[bias : bias + narrow]))
            at = bias + narrow

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        operator = cls(stage.getLayers(), stage.weights.toArray(), spark_thresholds(stage))
        ports = output_ports(
            stage, raw_prediction="rawPredictionCol", probability="probabilityCol", prediction="predictionCol"
        )
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "MultiLayerPerceptronClassifier":
        layers = attributes.need_list("layers", int)
        if len(layers) < 2 or min(layers) < 1:
            raise BundleError(f"{attributes.where}: layers must be two numbers above 0 at least")
        weights = attributes.need_tensor("weights", 1)
        expected = sum((wide + 1) * narrow for wide, narrow in _shapes(layers))
        if weights.size != expected:
            raise BundleError(f"{attributes.where}: {weights.size} weights, expected {expected}")
        return cls(layers, weights, read_thresholds(attributes, layers[-1]))

    def attributes(self) -> Dict[str, Any]:
        return {**self.class_attributes(), "layers": long_list(self.layers), "weights": tensor(self.weights)}

    def probabilities(self, raw: Any) -> Any:
        with np.errstate(all="ignore"):
            powers, sums = shifted_powers(raw)
            return powers / sums

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        column = of_size(inputs[0], self.num_features)
        with np.errstate(all="ignore"):
            matrix, bias = self._steps[0]
            made = inner_products(column, matrix.T) if isinstance(column, Sparse) else column.values @ matrix
            made = made + bias
            for matrix, bias in self._steps[1:]:
                made = logistic(made) @ matrix + bias
        return self.outputs_of(made, ports)


def _shapes(layers: Sequence[int]) -> List[Tuple[int, int]]:
    """The sizes of each layer and the next."""
    return [(layers[at], layers[at + 1]) for at in range(len(layers) - 1)]
