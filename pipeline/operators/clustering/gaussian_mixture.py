"""gaussian_mixture: a vector to how likely each Gaussian of a mixture made it."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, Model, Node, Shape, Types
from pipeline.operators.clustering.centers import cluster_attributes
from pipeline.operators.features.vectors import of_size
from pipeline.operators.sums import inner_products, last_sums, square_sums
from pipeline.operators.values import double_list, tensor_list

# Spark's EPSILON: what each Gaussian's share has at least, and what it takes for a singular value of 0.
_EPSILON = 2.0**-52


class GaussianMixture(Model):
    """Spark's `GaussianMixtureModel`.

    In: vectors. Out: `probability`, dense, one value a Gaussian; `prediction`, the int32 number of the greatest, the
    first of equal ones. A point far from every Gaussian has equal probabilities; NaN in a point makes all of them NaN,
    and the prediction 0. A singular covariance counts in the directions in which it is not. MLeap's runtime gives
    `probability` only where `prediction` has a column too.
    Source: org.apache.spark.ml.clustering.GaussianMixtureModel and ...ml.stat.distribution.MultivariateGaussian.
    """

    op = "gaussian_mixture"
    stages = ("GaussianMixtureModel",)

    def __init__(self, weights: Sequence[float], means: Any, covariances: Any) -> None:
        """Weights (k), means (k, size) and covariances (k, size, size), all finite."""
        self.weights = np.asarray(weights, dtype=np.float64)
        self.means = np.asarray(means, dtype=np.float64)
        self.covariances = np.asarray(covariances, dtype=np.float64)
        self._gaussians = [_gaussian(mean, cov) for mean, cov in zip(self.means, self.covariances)]

    @classmethod
    def from_spark(cls, stage: Any, types: Types) -> List[Node]:
        gaussians = stage.gaussiansDF.collect()
        means, covariances = [row["mean"].toArray() for row in gaussians], [row["cov"].toArray() for row in gaussians]
        ports = {"prediction": stage.getPredictionCol(), "probability": stage.getProbabilityCol()}
        outputs = {port: column for port, column in ports.items() if column}
        operator = cls(stage.weights, means, covariances)
        return [Node(stage.uid, operator, Shape({"features": stage.getFeaturesCol()}, outputs))] if outputs else []

    @classmethod
    def from_attributes(cls, attributes: Attributes) -> "GaussianMixture":
        weights = [float(weight) for weight in attributes.need_list("weights", (float, int))]
        means = attributes.need_list("means", np.ndarray)
        covariances = attributes.need_list("covs", np.ndarray)
        size = means[0].size if means else 0
        if not size or not len(weights) == len(means) == len(covariances):
            raise BundleError(f"{attributes.where}: weights, means and covs must be one each for every Gaussian")
        for mean, covariance in zip(means, covariances):
            if mean.shape != (size,) or covariance.shape != (size, size):
                raise BundleError(f"{attributes.where}: means and covs must be of one size")
            if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
                raise BundleError(f"{attributes.where}: means and covs must be finite")
        try:
            return cls(weights, means, covariances)
        except np.linalg.LinAlgError as error:
            raise BundleError(f"{attributes.where}: a covariance has no eigenvalues: {error}") from None

    def attributes(self) -> Dict[str, Any]:
        return {
            "means": tensor_list(self.means),
            "covs": tensor_list(self.covariances),
            "weights": double_list(self.weights),
        }

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.means.shape[1])]

    def port_types(self, inputs: Sequence[ColumnType]) -> Dict[str, ColumnType]:
        count = len(self.weights)
        return {
            "prediction": ColumnType("number", basic="int", attributes=cluster_attributes(count)),
            "probability": ColumnType("vector", count),
        }

    def score(self, inputs: Sequence[AnyColumn], ports: Sequence[str]) -> Dict[str, AnyColumn]:
        points = of_size(inputs[0], self.means.shape[1])
        shares = np.empty((len(points), len(self.weights)))
        with np.errstate(all="ignore"):
            for place, (root, shifted_mean, log_height) in enumerate(self._gaussians):
                apart = shifted_mean - inner_products(points, root)
                density = np.exp(log_height - 0.5 * square_sums(apart))
                shares[:, place] = _EPSILON + self.weights[place] * density
            shares /= last_sums(shares)[:, None]
        return {"prediction": Numbers(shares.argmax(axis=1).astype(np.int32)), "probability": Dense(shares)}


def _gaussian(mean: Any, covariance: Any) -> Tuple[Any, Any, float]:
    """The root of the covariance's inverse, the mean times it, and the logarithm of the density at the mean."""
    values, vectors = np.linalg.eigh(covariance)
    with np.errstate(all="ignore"):
        regular = values > _EPSILON * values.max() * len(values)
        log_determinant = sum(np.log(values[regular]).tolist())
        root = np.where(regular, np.sqrt(1.0 / values), 0.0)[:, None] * vectors.T
        log_height = -0.5 * (len(mean) * math.log(2.0 * math.pi) + log_determinant)
        return root, inner_products(Dense(mean[None, :]), root)[0], log_height
