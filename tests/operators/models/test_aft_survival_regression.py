"""aft_survival_regression against Spark's AFTSurvivalRegressionModel."""

from __future__ import annotations

from typing import Any

import linear_cases as cases
import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, rows_of, sparse_frame

from pipeline.errors import BundleError
from pipeline.operators.models.aft_survival_regression import AFTSurvivalRegression as Operator


def made(spark: Any, coefficients: list[float], **params: Any) -> Any:
    from pyspark.ml.regression import AFTSurvivalRegressionModel

    return cases.handmade(spark, AFTSurvivalRegressionModel, cases.dense(*coefficients), -0.1, 1.4, **params)


def test_fitted(engines: Conformance) -> None:
    from pyspark.ml.regression import AFTSurvivalRegression
    from pyspark.sql.functions import exp

    frame = cases.training(engines.spark)
    frame = frame.withColumn("score", exp("score"))
    regression = AFTSurvivalRegression(featuresCol="v", labelCol="score", censorCol="label", maxIter=3)
    engines.check(regression.fit(frame), frame.select("v"), rtol=cases.RTOL)


@pytest.mark.parametrize("params", [{"quantilesCol": "q"}, {}], ids=str)
def test_odd_features(engines: Conformance, params: dict[str, Any]) -> None:
    model = made(engines.spark, cases.COEFFICIENTS, **params)
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL)
    engines.check(model, sparse_frame(engines.spark, SPARSE), rtol=cases.RTOL)
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, [[0.5, 0.1, 0.2]]), rtol=cases.RTOL)
    engines.refuses(model, dense_frame(engines.spark, [[1.0, 2.0]]), row=1, column="v")


def test_quantile_probabilities(engines: Conformance) -> None:
    model = made(engines.spark, cases.COEFFICIENTS, quantilesCol="q", quantileProbabilities=[0.001, 0.5, 0.999])
    engines.check(model, dense_frame(engines.spark, [[0.5, 0.1, 0.2]]), rtol=cases.RTOL)


@cases.few_frames
@given(rows=rows_of(cases.values, 3, 60), coefficients=cases.coefficients)
def test_any_rows(engines: Conformance, rows: list[list[float]], coefficients: list[float]) -> None:
    model = made(engines.spark, coefficients, quantilesCol="q")
    engines.check(model, dense_frame(engines.spark, rows), rtol=cases.RTOL)


GOOD: dict[str, Any] = {
    "coefficients": np.ones(2),
    "intercept": 1.0,
    "scale": 2.0,
    "quantile_probabilities": [0.5],
}


@pytest.mark.parametrize(
    "changed",
    [{"quantile_probabilities": [1.0]}, {"quantile_probabilities": [0.0]}, {"scale": None}, {"coefficients": []}],
    ids=str,
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    assert from_attributes(Operator, **GOOD).scale == 2.0
    with pytest.raises(BundleError):
        from_attributes(Operator, **{**GOOD, **changed})
