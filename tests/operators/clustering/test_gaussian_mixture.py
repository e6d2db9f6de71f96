"""gaussian_mixture against Spark's GaussianMixtureModel.

Probabilities agree to 1e-12: they are exponentials, of sums whose terms come from another eigenvalue solver.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_cases import points, spark_and_scorer
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.clustering.gaussian_mixture import GaussianMixture as Operator

RTOL = 1e-12
_RNG = np.random.default_rng(6)
TRAINING = [*_RNG.normal((3.0, 0.0), 1.0, (30, 2)).tolist(), *_RNG.normal(-2.0, 0.5, (30, 2)).tolist()]
ROWS = [*TRAINING[::6], [0.0, -0.0], [0.5, -1.0], [1e3, 1e3], [1e200, 0.0]]


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    return fitted(spark, points(spark, TRAINING, 2), k=2)


def fitted(spark: Any, frame: Any, **settings: Any) -> Any:
    from pyspark.ml.clustering import GaussianMixture

    return GaussianMixture(seed=3, maxIter=4, **settings).fit(frame)


def test_dense_and_sparse_points(engines: Conformance, model: Any) -> None:
    engines.check(model, points(engines.spark, ROWS, 2), rtol=RTOL)
    engines.check(model, points(engines.spark, [{0: 1.0}, {}, {1: -0.5}, {0: 0.0, 1: 2.0}, [0.1, 0.2]], 2), rtol=RTOL)


def test_one_row_and_no_rows(engines: Conformance, model: Any) -> None:
    engines.check(model, points(engines.spark, ROWS[:1], 2), rtol=RTOL)
    engines.check(model, points(engines.spark, [], 2))


def test_more_gaussians_than_features(engines: Conformance) -> None:
    frame = points(engines.spark, TRAINING, 2)
    engines.check(fitted(engines.spark, frame, k=4, predictionCol="p", probabilityCol="q"), frame, rtol=RTOL)


def test_a_singular_covariance(engines: Conformance) -> None:
    # The third feature is the sum of the others: the density is that of a plane.
    rows = [[one, other, one + other] for one, other in TRAINING]
    frame = points(engines.spark, rows, 3)
    engines.check(fitted(engines.spark, frame, k=2), frame, rtol=1e-7)


def test_one_output_alone(engines: Conformance, model: Any) -> None:
    frame = points(engines.spark, ROWS, 2)
    engines.check(model.copy().setProbabilityCol(""), frame, rtol=RTOL)
    both = "MLeap's runtime has no probability without the prediction"
    engines.check(model.copy().setPredictionCol(""), frame, rtol=RTOL, runtime_differs=both)


def test_no_output(model: Any) -> None:
    assert Operator.from_spark(model.copy().setProbabilityCol("").setPredictionCol(""), {}) == []


def test_nan_and_infinity(engines: Conformance, model: Any) -> None:
    rows = [[math.nan, 0.0], [math.inf, 0.0], [0.0, -math.inf], [math.inf, -math.inf]]
    engines.check(model, points(engines.spark, rows, 2))


def test_points_of_another_length(engines: Conformance, model: Any) -> None:
    engines.refuses(model, points(engines.spark, [[1.0, 2.0, 3.0]], 3), row=1, column="features")


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(st.floats(-30, 30), min_size=2, max_size=2), min_size=1, max_size=50))
def test_any_points(engines: Conformance, model: Any, tmp_path: Path, rows: list[Any]) -> None:
    spark_and_scorer(engines, tmp_path).check(model, points(engines.spark, rows, 2), rtol=RTOL)


def test_a_row_alone_scores_as_among_others() -> None:
    rng = np.random.default_rng(2)
    spread = rng.normal(size=(3, 5, 5))
    operator = Operator([0.2, 0.3, 0.5], rng.normal(size=(3, 5)), spread @ spread.transpose(0, 2, 1))
    rows = rng.normal(size=(500, 5))
    together = operator.score([Dense(rows)], ["probability"])["probability"]
    alone = operator.score([Dense(rows[77:78])], ["probability"])["probability"]
    assert isinstance(together, Dense)
    assert isinstance(alone, Dense)
    assert together.values[77].tobytes() == alone.values[0].tobytes()


def test_a_point_between_equal_gaussians_goes_to_the_first() -> None:
    operator = Operator([0.5, 0.5], [[1.0], [-1.0]], [[[1.0]], [[1.0]]])
    made = operator.score([Sparse(np.array([0, 0]), np.zeros(0, np.int32), np.zeros(0), 1)], ["prediction"])
    assert made["prediction"].values.tolist() == [0]  # type: ignore[union-attr]
    assert made["probability"].values.tolist() == [[0.5, 0.5]]  # type: ignore[union-attr]


def test_hostile_attributes() -> None:
    mean, cov = np.zeros(2), np.eye(2)
    for values in (
        {},
        {"weights": [], "means": [], "covs": []},
        {"weights": [1.0], "means": [mean], "covs": []},
        {"weights": [1.0], "means": [mean], "covs": [np.eye(3)]},
        {"weights": [1.0], "means": [mean], "covs": [np.zeros(4)]},
        {"weights": [0.5, 0.5], "means": [mean, np.zeros(3)], "covs": [cov, cov]},
        {"weights": ["1"], "means": [mean], "covs": [cov]},
        {"weights": [1.0], "means": [np.array([math.nan, 0.0])], "covs": [cov]},
        {"weights": [1.0], "means": [mean], "covs": [np.full((2, 2), math.inf)]},
        {"weights": [1.0], "means": [np.zeros(0)], "covs": [np.zeros((0, 0))]},
    ):
        with pytest.raises(BundleError):
            from_attributes(Operator, **values)
    # No covariance, but no harm either.
    operator = from_attributes(Operator, weights=[1.0], means=[mean], covs=[-cov])
    assert operator.score([Dense(np.ones((1, 2)))], ["probability"])["probability"].values.tolist() == [[1.0]]
    with pytest.raises(RowError, match="a vector of 3 values"):
        operator.score([Dense(np.zeros((1, 3)))], ["prediction"])
