"""fm_classifier and fm_regressor against Spark's factorization machines."""

from __future__ import annotations

from typing import Any

import linear_cases as cases
import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from text_cases import from_attributes
from tree_cases import variant
from vector_cases import ROWS, SPARSE, dense_frame, rows_of, sparse_frame

from pipeline.columns import Sparse
from pipeline.errors import BundleError
from pipeline.operators.models.fm_classifier import FMClassifier as Classifier
from pipeline.operators.models.fm_regressor import FMRegressor as Regressor

FACTORS = [[0.5, -0.2], [0.1, 0.7], [-0.3, 0.4]]
SMALL = [[one / 2, -0.5, 0.3] for one in range(-6, 7)]


def made(spark: Any, kind: str, factors: Any = None, **params: Any) -> Any:
    from pyspark.ml import classification, regression

    model = regression.FMRegressionModel if kind == "regressor" else classification.FMClassificationModel
    linear = cases.dense(*cases.COEFFICIENTS)
    return cases.handmade(spark, model, -0.1, linear, cases.matrix(factors or FACTORS), **params)


@pytest.mark.parametrize("flags", [{}, {"fitLinear": False, "fitIntercept": False}], ids=str)
def test_fitted(engines: Conformance, flags: dict[str, Any]) -> None:
    from pyspark.ml.classification import FMClassifier
    from pyspark.ml.regression import FMRegressor

    frame = cases.training(engines.spark)
    settings: dict[str, Any] = {"featuresCol": "v", "factorSize": 3, "maxIter": 3, **flags}
    classifier, regressor = FMClassifier(**settings).fit(frame), FMRegressor(labelCol="score", **settings).fit(frame)
    engines.check(classifier, frame.select("v"), rtol=cases.RTOL)
    engines.check(regressor, frame.select("v"), rtol=cases.RTOL)


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_odd_features(engines: Conformance, kind: str) -> None:
    model = made(engines.spark, kind)
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL)
    engines.check(model, sparse_frame(engines.spark, SPARSE), rtol=cases.RTOL)
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, SMALL[:1]), rtol=cases.RTOL)
    engines.refuses(model, dense_frame(engines.spark, [[1.0, 2.0]]), row=1, column="v")


@pytest.mark.parametrize(
    "params",
    [
        {"thresholds": [0.7, 0.2]},
        {"thresholds": [0.0, 0.5]},
        {"rawPredictionCol": ""},
        {"rawPredictionCol": "", "probabilityCol": ""},
    ],
    ids=str,
)
def test_parameters(engines: Conformance, params: dict[str, Any]) -> None:
    frame = dense_frame(engines.spark, SMALL)
    engines.check(variant(made(engines.spark, "classifier"), **params), frame, rtol=cases.RTOL)


@cases.few_frames
@given(rows=rows_of(cases.values, 3, 60), first=cases.coefficients, second=cases.coefficients)
def test_any_rows(engines: Conformance, rows: list[list[float]], first: list[float], second: list[float]) -> None:
    model = made(engines.spark, "regressor", [list(pair) for pair in zip(first, second, strict=True)])
    engines.check(model, dense_frame(engines.spark, rows), rtol=cases.RTOL)


def test_wide_vectors_stay_sparse() -> None:
    size = 1 << 18
    operator = from_attributes(Regressor, coefficients=np.ones(size), intercept=0.5, factors=np.ones((size, 2)))
    column = Sparse(np.array([0, 2, 2]), np.array([0, size - 1], dtype=np.int32), np.array([2.0, 3.0]), size)
    assert operator.score([column], ["prediction"])["prediction"].values.tolist() == [0.5 + 5 + 2 * 6, 0.5]


GOOD: dict[str, Any] = {"coefficients": np.ones(2), "intercept": 1.0, "factors": np.ones((2, 3))}


@pytest.mark.parametrize(
    "changed", [{"factors": np.ones((3, 2))}, {"factors": np.ones(6)}, {"intercept": None}], ids=str
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    for kind in (Classifier, Regressor):
        assert from_attributes(kind, **GOOD).machine.size == 2
        with pytest.raises(BundleError):
            from_attributes(kind, **{**GOOD, **changed})
    with pytest.raises(BundleError):
        from_attributes(Classifier, **GOOD, thresholds=[0.1, 0.2, 0.7])
