"""logistic_regression: probabilities of classes from linear functions of the features."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import Attributes, Node, Shape, Types
from pipeline.operators.models.classifier import (
    ProbabilisticClassifier,
    output_ports,
    read_thresholds,
    spark_thresholds,
)
from pipeline.operators.models.linear import LinearFunctions, matrix_tensor, need_matrix
from pipeline.operators.models.softmax import logistic, softmax
from pipeline.operators.values import Value, double, long, tensor


class LogisticRegression(ProbabilisticClassifier):
    """Spark's `LogisticRegressionModel`, binomial (one linear function) or multinomial (one a class).

    In: vectors; see LinearRegression for NaN, infinity and lengths. Out: `raw_prediction`, the margins; `probability`;
    `prediction`, float64: binomial, 1 where the margin is above the threshold's, else 0; multinomial, see
    ProbabilisticClassifier. MLeap's runtime knows no multinomial model of two classes, and compares the probability
    with the threshold where Spark compares the margins.
    Source: org.apache.spark.ml.classification.LogisticRegressionModel.
    """

    op = "logistic_regression"
    stages = ("LogisticRegressionModel",)

    def __init__(
        self,
        functions: LinearFunctions,
        *,
        threshold: Optional[float] = None,
        thresholds: Optional[Sequence[float]] = None,
    ) -> None:
        self.functions = functions
        # The binomial model's threshold; None for a multinomial one.
        self.threshold = threshold
        classes = len(functions.coefficients) if threshold is None else 2
        super().__init__(classes, functions.size, thresholds)
        self.in_mleap = self.in_mleap and (threshold is not None or classes > 2)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        matrix = stage.coefficientMatrix
        functions = LinearFunctions(
            matrix.toArray(), stage.interceptVector.toArray(), sparse=type(matrix).__name__ == "SparseMatrix"
        )
        if matrix.numRows > 1:
            operator = cls(functions, thresholds=spark_thresholds(stage))
        elif stage.getOrDefault("family") == "multinomial":
            raise UnsupportedStageError(f"stage {stage.uid!r}: a multinomial model of one class")
        else:
            operator = cls(functions, threshold=_threshold(stage))
        ports = output_ports(
            stage, raw_prediction="rawPredictionCol", probability="probabilityCol", prediction="predictionCol"
        )
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "LogisticRegression":
        classes = attributes.need("num_classes", int, 2)
        if "coefficient_matrix" not in attributes:
            if classes != 2:
                raise BundleError(f"{attributes.where}: one linear function for {classes} classes")
            threshold = attributes.need("threshold", float, 0.5)
            return cls(LinearFunctions.from_attributes(attributes), threshold=threshold)
        intercepts = attributes.need_tensor("intercept_vector", 1)
        if intercepts.size != classes or classes < 2:
            raise BundleError(f"{attributes.where}: {intercepts.size} intercepts for {classes} classes")
        functions = LinearFunctions(
            need_matrix(attributes, "coefficient_matrix", classes),
            intercepts,
            sparse=attributes.need("sparse_coefficients", bool, False),
        )
        return cls(functions, thresholds=read_thresholds(attributes, classes))

    def attributes(self) -> Dict[str, Any]:
        if self.threshold is not None:
            return {**self.functions.attributes(), "num_classes": long(2), "threshold": double(self.threshold)}
        multinomial: Dict[str, Value] = {
            "coefficient_matrix": matrix_tensor(self.functions.coefficients),
            "intercept_vector": tensor(self.functions.intercepts),
        }
        return {**self.class_attributes(), **multinomial, **self.functions.sparse_attribute()}

    def probabilities(self, raw: Any) -> Any:
        if self.threshold is None:
            return softmax(raw)
        first = logistic(raw[:, 0])
        return np.stack([first, 1.0 - first], axis=1)

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        margins = self.functions.margins(inputs[0])
        if self.threshold is None:
            return self.outputs_of(margins, ports)
        raw = np.concatenate([-margins, margins], axis=1)
        made: Dict[str, AnyColumn] = {"raw_prediction": Dense(raw)}
        if "raw_prediction" in ports:
            above = raw[:, 1] > _margin_of(self.threshold)
        elif "probability" in ports:
            above = self.probabilities(raw)[:, 1] > self.threshold
        else:
            above = logistic(raw[:, 1]) > self.threshold
        if "probability" in ports:
            made["probability"] = Dense(self.probabilities(raw))
        made["prediction"] = Numbers(above.astype(np.float64))
        return made


def _threshold(stage: Any) -> float:
    """The threshold on the probability of class 1; that of two `thresholds` where these are set."""
    if not stage.isSet("thresholds"):
        return float(stage.getOrDefault("threshold"))
    first, second = (np.float64(one) for one in stage.getOrDefault("thresholds"))
    with np.errstate(all="ignore"):
        return float(1.0 / (1.0 + first / second))


def _margin_of(probability: float) -> float:
    """The margin at which class 1 has this probability."""
    if probability == 0.0:
        return -math.inf
    if probability == 1.0:
        return math.inf
    with np.errstate(all="ignore"):
        return float(np.log(np.float64(probability) / (1.0 - np.float64(probability))))
