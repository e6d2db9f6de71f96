"""linear_regression against Spark's LinearRegressionModel."""

from __future__ import annotations

import math
from typing import Any

import linear_cases as cases
import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, rows_of, sparse_frame

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.models.linear_regression import LinearRegression as Operator


def made(spark: Any, coefficients: Any, intercept: float = -0.1, **params: Any) -> Any:
    from pyspark.ml.regression import LinearRegressionModel

    return cases.handmade(spark, LinearRegressionModel, coefficients, intercept, 1.0, **params)


def test_fitted(engines: Conformance) -> None:
    from pyspark.ml.regression import LinearRegression

    frame = cases.training(engines.spark).select("v", "score")
    engines.check(LinearRegression(featuresCol="v", labelCol="score").fit(frame), frame, rtol=cases.RTOL)


def test_dense_and_sparse_features(engines: Conformance) -> None:
    model = made(engines.spark, cases.dense(*cases.COEFFICIENTS))
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL)
    engines.check(model, sparse_frame(engines.spark, SPARSE))
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, ROWS[-1:]), rtol=cases.RTOL)


def test_sparse_coefficients(engines: Conformance) -> None:
    model = made(engines.spark, cases.sparse(3, {0: 0.5, 2: 0.3}))
    reasons = {"runtime_differs": cases.IMAGINED, "serializer_differs": cases.IMAGINED}
    engines.check(model, dense_frame(engines.spark, [[1.5, math.nan, 0.1], [1.0, math.inf, -3.0]]), **reasons)
    engines.check(model, sparse_frame(engines.spark, SPARSE), **reasons)
    engines.check(made(engines.spark, cases.sparse(3, {})), dense_frame(engines.spark, [[1.0, 2.0, 3.0]]))


def test_vectors_of_another_length(engines: Conformance) -> None:
    model = made(engines.spark, cases.dense(1.0, 2.0))
    engines.refuses(model, dense_frame(engines.spark, [[1.0, 2.0, 3.0]]), row=1, column="v")


@cases.few_frames
@given(rows=rows_of(cases.values, 3, 60), coefficients=cases.coefficients)
def test_any_rows(engines: Conformance, rows: list[list[float]], coefficients: list[float]) -> None:
    engines.check(made(engines.spark, cases.dense(*coefficients)), dense_frame(engines.spark, rows), rtol=cases.RTOL)


def test_wide_vectors_stay_sparse() -> None:
    size = 1 << 18
    column = Sparse(np.array([0, 1, 1]), np.array([size - 1], dtype=np.int32), np.array([2.0]), size)
    for flag in ({}, {"sparse_coefficients": True}):
        operator = from_attributes(Operator, coefficients=np.arange(float(size)), intercept=1.0, **flag)
        assert operator.score([column], ["prediction"])["prediction"].values.tolist() == [2.0 * (size - 1) + 1, 1.0]


@pytest.mark.parametrize(
    "values",
    [
        {"intercept": 1.0},
        {"coefficients": np.ones((2, 2)), "intercept": 1.0},
        {"coefficients": [1.0], "intercept": 1.0},
        {"coefficients": np.ones(2)},
        {"coefficients": np.ones(2), "intercept": "1"},
        {"coefficients": np.ones(2), "intercept": 1.0, "sparse_coefficients": 1},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def test_no_features() -> None:
    operator = from_attributes(Operator, coefficients=np.zeros(0), intercept=2.0)
    assert operator.score([Dense(np.zeros((2, 0)))], ["prediction"])["prediction"].values.tolist() == [2.0, 2.0]
    with pytest.raises(RowError, match="a vector of 1 values"):
        operator.score([Dense(np.zeros((1, 1)))], ["prediction"])
