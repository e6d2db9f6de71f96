"""standard_scaler against Spark's StandardScalerModel, RobustScalerModel and MaxAbsScalerModel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, doubles, rows_of, sparse_frame, tame

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.features.standard_scaler import StandardScaler as Operator

# The last feature is constant.
FIT = [[1.0, 0.1, 7.0], [2.5, -3.0, 7.0], [-4.0, 1e3, 7.0], [0.0, 0.3, 7.0]]
BOTH = [(True, True), (True, False), (False, True), (False, False)]


@pytest.mark.parametrize(("mean", "std"), BOTH)
def test_standard_scaler(engines: Conformance, mean: bool, std: bool) -> None:
    model = standard(engines.spark, mean, std)
    differs = None if mean or std else "a scaler that leaves all as it is cannot be loaded"
    engines.check(model, dense_frame(engines.spark, ROWS), serializer_differs=differs)
    engines.check(model, sparse_frame(engines.spark, SPARSE), serializer_differs=differs)


@pytest.mark.parametrize(("centering", "scaling"), BOTH)
def test_robust_scaler(engines: Conformance, centering: bool, scaling: bool) -> None:
    from pyspark.ml.feature import RobustScaler

    estimator = RobustScaler(inputCol="v", outputCol="o", withCentering=centering, withScaling=scaling)
    model = estimator.fit(dense_frame(engines.spark, FIT))
    scorer = engines.check(model, dense_frame(engines.spark, ROWS))
    engines.check(model, sparse_frame(engines.spark, SPARSE))
    assert [node.operator.op for node in scorer.bundle.nodes] == ["standard_scaler"]


def test_max_abs_scaler(engines: Conformance) -> None:
    from pyspark.ml.feature import MaxAbsScaler

    # The last feature is 0 throughout.
    model = MaxAbsScaler(inputCol="v", outputCol="o").fit(dense_frame(engines.spark, [[3.0, -7.0, 0.0], [1, 1, 0]]))
    engines.check(model, dense_frame(engines.spark, ROWS))
    engines.check(model, sparse_frame(engines.spark, SPARSE))


def test_one_row(engines: Conformance) -> None:
    engines.check(standard(engines.spark, True, True), dense_frame(engines.spark, [[1.0, 2.0, 3.0]]))


def test_no_rows(engines: Conformance) -> None:
    engines.check(standard(engines.spark, True, True), dense_frame(engines.spark, []))


def test_a_shorter_vector_passes(engines: Conformance) -> None:
    for mean, std in BOTH[:3]:
        engines.check(standard(engines.spark, mean, std), dense_frame(engines.spark, [[1.0, 2.0]]))


def test_a_longer_vector_is_refused(engines: Conformance) -> None:
    frame = dense_frame(engines.spark, [[1.0, 2.0, 3.0, 4.0]])
    engines.refuses(standard(engines.spark, True, True), frame, row=1, column="v")


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fit=rows_of(tame, 3, 6), rows=rows_of(doubles, 3))
def test_any_vectors(engines: Conformance, fit: list[list[float]], rows: list[list[float]]) -> None:
    from pyspark.ml.feature import StandardScaler

    estimator = StandardScaler(inputCol="v", outputCol="o", withMean=True)
    # With one row the deviation is 0.
    engines.check(estimator.fit(dense_frame(engines.spark, fit)), dense_frame(engines.spark, rows))


def test_wide_vectors_stay_sparse() -> None:
    size = 1 << 18
    column = Sparse(np.array([0, 1]), np.array([size - 1], dtype=np.int32), np.array([2.0]), size)
    made = Operator(None, np.full(size, 4.0)).apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.values.tolist() == [0.5]


def test_a_deviation_of_zero_in_a_bundle_of_mleaps() -> None:
    operator = from_attributes(Operator, mean=np.array([1.0]), std=np.array([0.0]))
    made = operator.apply([Dense(np.array([[0.0], [2.0], [math.nan]]))])[0].values
    assert np.array_equal(made, [[-0.0], [0.0], [math.nan]], equal_nan=True)
    assert np.signbit(made[0, 0])


@pytest.mark.parametrize(
    "values", [{}, {"mean": np.zeros((2, 2))}, {"std": 1.0}, {"mean": np.zeros(2), "std": np.zeros(3)}]
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def test_a_vector_too_long_names_its_length() -> None:
    with pytest.raises(RowError, match="a vector of 3 values"):
        Operator(None, np.ones(2)).apply([Dense(np.zeros((1, 3)))])


def standard(spark: Any, mean: bool, std: bool) -> Any:
    from pyspark.ml.feature import StandardScaler

    estimator = StandardScaler(inputCol="v", outputCol="o", withMean=mean, withStd=std)
    return estimator.fit(dense_frame(spark, FIT))
