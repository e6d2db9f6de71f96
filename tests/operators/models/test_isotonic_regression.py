"""isotonic_regression against Spark's IsotonicRegressionModel."""

from __future__ import annotations

from typing import Any

import linear_cases as cases
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import from_attributes
from tree_cases import variant
from vector_cases import ODD, ROWS, SPARSE, dense_frame, number_frame, numbers, sparse_frame

from pipeline.errors import BundleError
from pipeline.operators.models.isotonic_regression import IsotonicRegression as Operator

BOUNDARIES = [-2.5, 0.0, 0.1, 1.0, 7.0]
PREDICTIONS = [-1.0, 0.2, 0.3, 0.3, 9.0]
UNSIGNED = "MLeap's runtime reads the boundary -0.0 as 0.0"


def made(spark: Any, boundaries: Any = BOUNDARIES, predictions: Any = PREDICTIONS, **params: Any) -> Any:
    from pyspark.ml.regression import IsotonicRegressionModel

    rising = predictions[0] <= predictions[-1]
    old = spark.sparkContext._jvm.org.apache.spark.mllib.regression.IsotonicRegressionModel(
        cases.double_array(spark, boundaries), cases.double_array(spark, predictions), rising
    )
    return cases.handmade(spark, IsotonicRegressionModel, old, isotonic=rising, **{"featuresCol": "x", **params})


@pytest.mark.parametrize("rising", [True, False])
def test_fitted(engines: Conformance, rising: bool) -> None:
    from pyspark.ml.regression import IsotonicRegression

    frame = cases.training(engines.spark).select("v", "score")
    model = IsotonicRegression(featuresCol="v", labelCol="score", isotonic=rising, featureIndex=1).fit(frame)
    engines.check(model, frame.select("v"))


def test_numbers(engines: Conformance) -> None:
    model = made(engines.spark)
    engines.check(model, number_frame(engines.spark, [*ODD, *BOUNDARIES, -1.7, 0.05, 3.3, 7.5]))
    engines.check(model, number_frame(engines.spark, []))
    engines.check(model, number_frame(engines.spark, [0.5]))


def test_null(engines: Conformance) -> None:
    frame = number_frame(engines.spark, [1.5, None, -3.0])
    engines.check(made(engines.spark), frame, runtime_differs="MLeap's runtime takes no null here")


def test_falling(engines: Conformance) -> None:
    frame = number_frame(engines.spark, [*ODD, 0.5, 1.7])
    engines.check(made(engines.spark, [0.0, 1.0, 2.0], [3.0, 0.1, 0.1]), frame)


def test_one_boundary(engines: Conformance) -> None:
    engines.check(made(engines.spark, [1.0], [3.0]), number_frame(engines.spark, ODD))


def test_equal_boundaries(engines: Conformance) -> None:
    model = made(engines.spark, [0.0, 1.0, 1.0, 1.0, 2.0, 2.0], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    engines.check(model, number_frame(engines.spark, [0.0, 1.0, 2.0, 1.5, 0.5, 3.0]))


def test_both_zeros_as_boundaries(engines: Conformance) -> None:
    model = made(engines.spark, [-1.0, -0.0, 0.0, 1.0], [1.0, 2.0, 3.0, 4.0])
    engines.check(model, number_frame(engines.spark, [-0.5, -0.0, 0.0, 0.5]), runtime_differs=UNSIGNED)


@pytest.mark.parametrize("index", [0, 2])
def test_vectors(engines: Conformance, index: int) -> None:
    model = made(engines.spark, featuresCol="v", featureIndex=index)
    engines.check(model, dense_frame(engines.spark, ROWS))
    engines.check(model, sparse_frame(engines.spark, SPARSE))
    engines.check(model, dense_frame(engines.spark, []))


def test_vectors_that_are_too_short(engines: Conformance) -> None:
    model = made(engines.spark, featuresCol="v", featureIndex=3)
    engines.refuses(model, dense_frame(engines.spark, [[1.0, 2.0, 3.0]]), row=1, column="v")


unsigned = st.floats(-9, 9).map(lambda one: one + 0.0)


@cases.few_frames
@given(
    rows=st.lists(numbers | st.sampled_from(BOUNDARIES), min_size=1, max_size=60),
    points=st.lists(st.tuples(unsigned, unsigned), min_size=1, max_size=9),
)
def test_any_rows(engines: Conformance, rows: list[float], points: list[tuple[float, float]]) -> None:
    boundaries, predictions = (sorted(one) for one in zip(*points, strict=True))
    frame = number_frame(engines.spark, [*rows, *boundaries])
    engines.check(variant(made(engines.spark, boundaries, predictions), predictionCol="p"), frame)


@pytest.mark.parametrize(
    "changed",
    [
        {"boundaries": []},
        {"boundaries": [], "predictions": []},
        {"boundaries": [2.0, 1.0]},
        {"boundaries": [0.0, -0.0]},
        {"predictions": ["1", "2"]},
        {"feature_index": -1},
        {"isotonic": 1},
    ],
    ids=str,
)
def test_hostile_attributes(changed: dict[str, Any]) -> None:
    good: dict[str, Any] = {"boundaries": [1.0, 2.0], "predictions": [1.0, 2.0], "isotonic": True}
    assert from_attributes(Operator, **good).feature_index is None
    with pytest.raises(BundleError):
        from_attributes(Operator, **{**good, **changed})
