"""logistic_regression against Spark's LogisticRegressionModel."""

from __future__ import annotations

import math
from typing import Any

import linear_cases as cases
import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from text_cases import from_attributes
from tree_cases import variant
from vector_cases import ROWS, SPARSE, dense_frame, rows_of, sparse_frame

from pipeline.bundle import write_bundle
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.models.logistic_regression import LogisticRegression as Operator

THREE = [[0.5, -0.75, 0.3], [0.0, 0.25, -0.1], [-0.5, 0.0, 0.9]]
INTERCEPTS = [0.1, -0.3, 0.0]
INFINITE = "beside an infinite margin MLeap's runtime says 0 where Spark's product of 0 and infinity is NaN"
OUTPUTS = ("rawPredictionCol", "probabilityCol", "predictionCol")


def made(spark: Any, rows: Any, intercepts: Any, *, multinomial: bool, **params: Any) -> Any:
    from pyspark.ml.classification import LogisticRegressionModel

    matrix = rows if hasattr(rows, "toArray") else cases.matrix(rows)
    classes = max(2, matrix.numRows)
    return cases.handmade(
        spark, LogisticRegressionModel, matrix, cases.dense(*intercepts), classes, multinomial, **params
    )


def binomial(spark: Any, **params: Any) -> Any:
    return made(spark, [cases.COEFFICIENTS], [-0.1], multinomial=False, **params)


def multinomial(spark: Any, **params: Any) -> Any:
    return made(spark, THREE, INTERCEPTS, multinomial=True, **params)


@pytest.mark.parametrize("classes", [2, 3])
def test_fitted(engines: Conformance, classes: int) -> None:
    from pyspark.ml.classification import LogisticRegression

    frame = cases.training(engines.spark, classes)
    model = LogisticRegression(featuresCol="v", regParam=0.01, maxIter=5).fit(frame)
    engines.check(model, frame.select("v"), rtol=cases.RTOL)


@pytest.mark.parametrize(("make", "infinite"), [(binomial, None), (multinomial, INFINITE)])
def test_odd_features(engines: Conformance, make: Any, infinite: str | None) -> None:
    model = make(engines.spark)
    finite = [row for row in ROWS if not any(math.isinf(value) for value in row)]
    engines.check(model, dense_frame(engines.spark, finite), rtol=cases.RTOL)
    engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL, runtime_differs=infinite)
    engines.check(model, sparse_frame(engines.spark, SPARSE), rtol=cases.RTOL, runtime_differs=infinite)
    engines.check(model, dense_frame(engines.spark, []))
    engines.check(model, dense_frame(engines.spark, [[0.5, 1.0, 2.0]]), rtol=cases.RTOL)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0])
def test_thresholds_of_two_classes(engines: Conformance, threshold: float) -> None:
    frame = dense_frame(engines.spark, [[2.0, 0.1, one / 4] for one in range(-9, 9)])
    engines.check(binomial(engines.spark, threshold=threshold), frame, rtol=cases.RTOL)


def test_two_thresholds(engines: Conformance) -> None:
    frame = dense_frame(engines.spark, [[2.0, 0.1, one / 4] for one in range(-9, 9)])
    engines.check(binomial(engines.spark, thresholds=[0.7, 0.2]), frame, rtol=cases.RTOL)


@pytest.mark.parametrize("thresholds", [[0.3, 0.6, 0.1], [0.0, 0.5, 0.5]], ids=str)
def test_thresholds_of_three_classes(engines: Conformance, thresholds: list[float]) -> None:
    frame = dense_frame(engines.spark, [[2.0, 0.1, one / 4] for one in range(-9, 9)])
    engines.check(multinomial(engines.spark, thresholds=thresholds), frame, rtol=cases.RTOL)


@pytest.mark.parametrize("make", [binomial, multinomial])
@pytest.mark.parametrize("without", [OUTPUTS[:1], OUTPUTS[:2], OUTPUTS[1:2]], ids=str)
def test_columns_left_out(engines: Conformance, make: Any, without: tuple[str, ...]) -> None:
    frame = dense_frame(engines.spark, [[2.0, 0.1, one / 4] for one in range(-9, 9)])
    engines.check(variant(make(engines.spark), **dict.fromkeys(without, "")), frame, rtol=cases.RTOL)


def test_multinomial_of_two_classes(engines: Conformance) -> None:
    model = made(engines.spark, THREE[:2], INTERCEPTS[:2], multinomial=True)
    scorer = engines.check(model, dense_frame(engines.spark, ROWS), rtol=cases.RTOL)
    assert not scorer.bundle.nodes[0].operator.in_mleap


def test_sparse_coefficients(engines: Conformance) -> None:
    from pyspark.ml.linalg import SparseMatrix

    frame = dense_frame(engines.spark, [[1.0, math.nan, 2.0], [0.5, 0.1, math.inf]])
    reasons = {"runtime_differs": cases.IMAGINED, "serializer_differs": cases.IMAGINED}
    two = made(engines.spark, SparseMatrix(1, 3, [0, 1], [0], [0.5], isTransposed=True), [0.1], multinomial=False)
    engines.check(two, frame, rtol=cases.RTOL, **reasons)
    matrix = SparseMatrix(3, 3, [0, 1, 2, 3], [0, 2, 0], [0.5, -0.3, 0.2])
    three = made(engines.spark, matrix, INTERCEPTS, multinomial=True)
    engines.check(three, frame, rtol=cases.RTOL, **reasons)


@cases.few_frames
@given(rows=rows_of(cases.finite, 3, 60), coefficients=cases.coefficients, others=cases.coefficients)
def test_any_rows(
    engines: Conformance, rows: list[list[float]], coefficients: list[float], others: list[float]
) -> None:
    frame = dense_frame(engines.spark, rows)
    # Of equal classes rounding decides.
    three = made(engines.spark, [coefficients, others, [1.0, 1.1, 1.2]], [0.0, 0.123, 0.456], multinomial=True)
    engines.check(variant(three, predictionCol=""), frame, rtol=cases.RTOL)
    two = made(engines.spark, [coefficients], [0.123], multinomial=False, predictionCol="")
    engines.check(two, frame, rtol=cases.RTOL)


def test_wrong_number_of_thresholds(engines: Conformance) -> None:
    model = multinomial(engines.spark, thresholds=[0.5, 0.5])
    with pytest.raises(UnsupportedStageError, match="2 thresholds for 3 classes"):
        write_bundle(model, engines.folder / "refused.zip")


def test_multinomial_of_one_class(engines: Conformance) -> None:
    model = made(engines.spark, THREE[:1], [0.0], multinomial=True, family="multinomial")
    with pytest.raises(UnsupportedStageError, match="of one class"):
        write_bundle(model, engines.folder / "refused.zip")


TWO: dict[str, Any] = {"coefficients": np.ones(2), "intercept": 1.0, "num_classes": 2}
MANY: dict[str, Any] = {"coefficient_matrix": np.ones((3, 2)), "intercept_vector": np.ones(3), "num_classes": 3}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {**TWO, "num_classes": 3},
        {**TWO, "threshold": "0.5"},
        {**MANY, "num_classes": 2},
        {**MANY, "num_classes": 1 << 60},
        {**MANY, "intercept_vector": np.ones(2)},
        {**MANY, "coefficient_matrix": np.ones((2, 3))},
        {**MANY, "coefficient_matrix": np.ones(6)},
        {**MANY, "thresholds": [0.5]},
        {"coefficient_matrix": np.ones((1, 2)), "intercept_vector": np.ones(1), "num_classes": 1},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    assert from_attributes(Operator, **TWO).threshold == 0.5
    assert from_attributes(Operator, **MANY).num_classes == 3
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)
