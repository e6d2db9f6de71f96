"""min_max_scaler against Spark's MinMaxScalerModel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spark_cases import our_column, scorer_of
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, doubles, rows_of, sparse_frame, tame

from pipeline.columns import Sparse
from pipeline.errors import BundleError
from pipeline.operators.features.min_max_scaler import MinMaxScaler as Operator

# The last feature is constant.
FIT = [[1.0, 0.1, 7.0], [2.5, -3.0, 7.0], [-4.0, 11.0, 7.0]]
ORDER = "it divides by the range and then multiplies, where Spark multiplies by one factor"


@pytest.mark.parametrize("to", [(0.0, 1.0), (-1.0, 1.0), (-2.5, 7.3)])
def test_min_max_scaler(engines: Conformance, to: tuple[float, float]) -> None:
    model = fitted(engines.spark, FIT, to)
    engines.check(model, dense_frame(engines.spark, ROWS), runtime_differs=ORDER)
    engines.check(model, sparse_frame(engines.spark, SPARSE), runtime_differs=ORDER)


def test_mleap_differs_in_the_last_digit_alone(engines: Conformance) -> None:
    # A product and a quotient each rounded once more or less.
    frame = dense_frame(engines.spark, [[0.3, 0.7, 1.0], [-4.0, 11.0, 7.0]])
    engines.check(fitted(engines.spark, FIT, (-2.5, 7.3)), frame, rtol=1e-15)


def test_a_range_that_is_a_power_of_two_is_exact(engines: Conformance) -> None:
    model = fitted(engines.spark, [[0.0, -2.0, 1.0], [4.0, 6.0, 9.0]], (0.0, 1.0))
    engines.check(model, dense_frame(engines.spark, ROWS))


def test_sparse_vectors_of_features_that_start_at_zero(engines: Conformance) -> None:
    model = fitted(engines.spark, [[0.0, 0.0, 0.0], [4.0, 3.0, 9.0]], (0.0, 1.0))
    engines.check(model, sparse_frame(engines.spark, [{1: 2.0}, {}, {0: -0.0, 2: 1.0}]), rtol=1e-15)


def test_no_and_one_row(engines: Conformance) -> None:
    model = fitted(engines.spark, FIT, (0.0, 1.0))
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, [[1.0, 4.0, 3.0]]))


@pytest.mark.parametrize("row", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_a_vector_of_another_length_is_refused(engines: Conformance, row: list[float]) -> None:
    model = fitted(engines.spark, FIT, (0.0, 1.0))
    engines.refuses(model, dense_frame(engines.spark, [row]), row=1, column="v")


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fit=rows_of(tame, 3, 6), rows=rows_of(doubles, 3), low=st.sampled_from([0.0, -1.0, 0.1]))
def test_any_vectors(engines: Conformance, fit: list[list[float]], rows: list[list[float]], low: float) -> None:
    model = fitted(engines.spark, fit, (low, 1.0))
    expected = [row["o"].toArray().tobytes() for row in model.transform(dense_frame(engines.spark, rows)).collect()]
    made = scored(model, rows)
    assert [row.tobytes() for row in made] == expected


def test_wide_vectors_stay_sparse_where_zero_stays_zero() -> None:
    size = 1 << 18
    column = Sparse(np.array([0, 1]), np.array([size - 1], dtype=np.int32), np.array([2.0]), size)
    made = Operator(np.zeros(size), np.full(size, 4.0)).apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.values.tolist() == [0.5]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"min": np.zeros(2), "max": np.zeros(3)},
        {"min": np.zeros(2)},
        {"min": np.zeros((2, 1)), "max": np.zeros((2, 1))},
        {"min": np.zeros(2), "max": np.ones(2), "minValue": "0"},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def test_bundles_without_a_range_mean_zero_to_one() -> None:
    operator = from_attributes(Operator, min=np.zeros(2), max=np.ones(2))
    assert (operator.min, operator.max) == (0.0, 1.0)


def fitted(spark: Any, rows: list[list[float]], to: tuple[float, float]) -> Any:
    from pyspark.ml.feature import MinMaxScaler

    return MinMaxScaler(inputCol="v", outputCol="o", min=to[0], max=to[1]).fit(dense_frame(spark, rows))


def scored(model: Any, rows: list[list[float]]) -> Any:
    table = pa.table({"v": pa.array(rows, pa.list_(pa.float64(), 3))})
    return np.array(our_column(scorer_of(model), table, "o"))
