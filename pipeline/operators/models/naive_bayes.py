"""naive_bayes: probabilities of classes, each feature by itself."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Sparse, Vectors
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Node, RowError, Shape, Types
from pipeline.operators.features.vectors import of_size
from pipeline.operators.models.classifier import (
    ProbabilisticClassifier,
    output_ports,
    read_thresholds,
    spark_thresholds,
)
from pipeline.operators.models.linear import LinearFunctions, matrix_tensor, need_matrix
from pipeline.operators.models.softmax import shifted_powers, softmax
from pipeline.operators.sums import blocks, columns, first_sums, last_sums
from pipeline.operators.values import string, tensor

MODEL_TYPES = ("multinomial", "complement", "bernoulli", "gaussian")
_EXPECTED = {"multinomial": "no number below 0", "complement": "no number below 0", "bernoulli": "0 or 1"}


class NaiveBayes(ProbabilisticClassifier):
    """Spark's `NaiveBayesModel`.

    In: vectors of the length that the model was fitted with; multinomial and complement models refuse numbers below 0
    and NaN, bernoulli all but 0 and 1, gaussian nothing. Out: see ProbabilisticClassifier; raw predictions are
    logarithms. `pi` are the classes' log priors, `theta` (classes, features) log conditional probabilities, of a
    gaussian model means, and `sigma` its variances.
    MLeap's runtime knows multinomial and bernoulli models; others are not `in_mleap`.
    Source: org.apache.spark.ml.classification.NaiveBayesModel.
    """

    op = "naive_bayes"
    stages = ("NaiveBayesModel",)

    def __init__(
        self,
        model_type: str,
        pi: Any,
        theta: Any,
        sigma: Any = None,
        thresholds: Optional[Sequence[float]] = None,
    ) -> None:
        super().__init__(len(theta), theta.shape[1], thresholds)
        self.model_type = model_type
        self.pi, self.theta, self.sigma = pi, theta, sigma
        self.in_mleap = self.in_mleap and model_type in ("multinomial", "bernoulli")
        with np.errstate(all="ignore"):
            if model_type == "gaussian":
                self._log_variances = last_sums(np.log(sigma))
            else:
                self._functions = _functions(model_type, pi, theta)

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        kind = stage.getModelType()
        sigma = stage.sigma.toArray() if kind == "gaussian" else None
        operator = cls(kind, stage.pi.toArray(), stage.theta.toArray(), sigma, spark_thresholds(stage))
        ports = output_ports(
            stage, raw_prediction="rawPredictionCol", probability="probabilityCol", prediction="predictionCol"
        )
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, ports))]

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "NaiveBayes":
        kind = attributes.choice("model_type", MODEL_TYPES, "multinomial")
        pi = attributes.need_tensor("pi", 1)
        theta = need_matrix(attributes, "theta", pi.size)
        sigma = need_matrix(attributes, "sigma", pi.size) if kind == "gaussian" else None
        if not theta.size or (sigma is not None and sigma.shape != theta.shape):
            raise BundleError(f"{attributes.where}: theta is empty, or sigma of another shape")
        if attributes.need("num_classes", int, pi.size) != pi.size:
            raise BundleError(f"{attributes.where}: num_classes differs from pi's {pi.size}")
        if attributes.need("num_features", int, theta.shape[1]) != theta.shape[1]:
            raise BundleError(f"{attributes.where}: num_features differs from theta's {theta.shape[1]}")
        return cls(kind, pi, theta, sigma, read_thresholds(attributes, pi.size))

    def attributes(self) -> Dict[str, Any]:
        made = {
            **self.class_attributes(),
            "pi": tensor(self.pi),
            "theta": matrix_tensor(self.theta),
            "model_type": string(self.model_type),
        }
        if self.sigma is not None:
            made["sigma"] = matrix_tensor(self.sigma)
        return made

    def probabilities(self, raw: Any) -> Any:
        return softmax(raw)

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        column = of_size(inputs[0], self.num_features)
        self._check(column)
        if self.model_type == "gaussian":
            return self.outputs_of(self._gaussian(column), ports)
        raw = self._functions.margins(column)
        if self.model_type == "complement":
            with np.errstate(all="ignore"):
                sums = shifted_powers(raw)[1]
                raw = raw - (np.log(sums) + raw.max(axis=1, keepdims=True))
        return self.outputs_of(raw, ports)

    def _check(self, column: Vectors) -> None:
        if self.model_type == "gaussian":
            return
        values = column.values
        good = (values == 0) | (values == 1) if self.model_type == "bernoulli" else values >= 0
        if good.all():
            return
        place = np.argwhere(~good)[0]
        row = column.rows()[place[0]] if isinstance(column, Sparse) else place[0]
        raise RowError(
            f"{values[tuple(place)]} among its values",
            row=int(row),
            expected=f"{_EXPECTED[self.model_type]} in a vector",
        )

    def _gaussian(self, column: Vectors) -> Any:
        raw = np.empty((len(column), self.num_classes))
        for rows in blocks(len(column), self.num_features):
            values = columns(_dense_rows(column, rows), slice(None))
            for at in range(self.num_classes):
                with np.errstate(all="ignore"):
                    apart = values - self.theta[at][:, None]
                    sums = first_sums(apart * apart / self.sigma[at][:, None])
                    raw[rows, at] = self.pi[at] - (sums + self._log_variances[at]) / 2
        return raw


def _functions(model_type: str, pi: Any, theta: Any) -> LinearFunctions:
    if model_type == "multinomial":
        return LinearFunctions(theta, pi)
    if model_type == "complement":
        return LinearFunctions(theta, np.zeros(len(theta)))
    # A feature that is 0 counts for the complement of its probability.
    absent = np.log1p(-np.exp(theta))
    return LinearFunctions(theta - absent, pi + last_sums(absent))


def _dense_rows(column: Vectors, rows: slice) -> Any:
    if not isinstance(column, Sparse):
        return column.values[rows]
    indptr = column.indptr[rows.start : rows.stop + 1]
    part = slice(indptr[0], indptr[-1])
    return Sparse(indptr - indptr[0], column.indices[part], column.values[part], column.size).dense().values
