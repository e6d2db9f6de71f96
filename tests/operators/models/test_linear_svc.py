"""linear_svc against Spark's LinearSVCModel."""

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
from pipeline.operators.models.linear_svc import LinearSVC as Operator


def made(spark: Any, coefficients: list[float], **params: Any) -> Any:
    from pyspark.ml.classification import LinearSVCModel

    return cases.handmade(spark, LinearSVCModel, cases.dense(*coefficients), -0.1, **params)


def test_fitted(engines: Conformance) -> None:
    from pyspark.ml.classification import LinearSVC

    frame = cases.training(engines.spark)
    model = LinearSVC(featuresCol="v", regParam=0.01, maxIter=5, threshold=0.2).fit(frame)
    engines.check(model, frame.select("v"), rtol=cases.RTOL)


def test_odd_features(engines: Conformance) -> None:
    model = made(engines.spark, cases.COEFFICIENTS)
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL)
    engines.check(model, sparse_frame(engines.spark, SPARSE))
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, ROWS[-1:]), rtol=cases.RTOL)


@pytest.mark.parametrize(
    "params", [{"threshold": -1.0}, {"rawPredictionCol": ""}, {"rawPredictionCol": "raw"}], ids=str
)
def test_parameters(engines: Conformance, params: dict[str, Any]) -> None:
    frame = dense_frame(engines.spark, [[2.0, 0.1, one / 2] for one in range(-9, 9)])
    engines.check(made(engines.spark, cases.COEFFICIENTS, **params), frame, rtol=cases.RTOL)


@cases.few_frames
@given(rows=rows_of(cases.values, 3, 60), coefficients=cases.coefficients)
def test_any_rows(engines: Conformance, rows: list[list[float]], coefficients: list[float]) -> None:
    model = made(engines.spark, coefficients, threshold=0.0123)
    engines.check(model, dense_frame(engines.spark, rows), rtol=cases.RTOL)


GOOD: dict[str, Any] = {"coefficients": np.ones(2), "intercept": 1.0, "num_classes": 2}


@pytest.mark.parametrize("changed", [{"num_classes": 3}, {"threshold": []}, {"coefficients": np.ones((1, 2))}], ids=str)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    assert from_attributes(Operator, **GOOD).threshold == 0.0
    with pytest.raises(BundleError):
        from_attributes(Operator, **{**GOOD, **changed})
