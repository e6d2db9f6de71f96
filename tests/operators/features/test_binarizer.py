"""binarizer against Spark's Binarizer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes
from vector_cases import ODD, ROWS, SPARSE, dense_frame, doubles, number_frame, sparse_frame

from pipeline.bundle.writer import bundle_files
from pipeline.columns import Numbers, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.features.binarizer import Binarizer as Operator

THRESHOLDS = [0.0, -0.0, -0.5, 1 / 3, math.inf, -math.inf]


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_binarizer_of_numbers(engines: Conformance, threshold: float) -> None:
    differs = "an infinity is null in its JSON" if threshold == -math.inf else None
    engines.check(stage("x", threshold), number_frame(engines.spark, ODD), serializer_differs=differs)


def test_binarizer_of_nulls(engines: Conformance) -> None:
    frame = number_frame(engines.spark, [1.0, None, -1.0, None])
    engines.check(stage("x", -2.0), frame, runtime_differs="null is refused")


@pytest.mark.parametrize("threshold", [0.0, 0.5, math.inf])
def test_binarizer_of_vectors(engines: Conformance, threshold: float) -> None:
    engines.check(stage("v", threshold), dense_frame(engines.spark, ROWS))
    engines.check(stage("v", threshold), sparse_frame(engines.spark, SPARSE))


def test_a_threshold_below_zero_on_vectors(engines: Conformance) -> None:
    reason = "NaN in a vector is 0.0, where Spark says 1.0"
    engines.check(stage("v", -0.5), dense_frame(engines.spark, ROWS), runtime_differs=reason)
    engines.check(stage("v", -0.5), sparse_frame(engines.spark, SPARSE), runtime_differs=reason)
    engines.check(stage("v", -0.5), sparse_frame(engines.spark, [{0: -1.0, 1: -0.25}, {}]))


def test_binarizer_of_no_and_of_one_row(engines: Conformance) -> None:
    engines.check(stage("x", 0.5), number_frame(engines.spark, [0.75]))
    engines.check(stage("x", 0.5), number_frame(engines.spark, []))


@pytest.mark.parametrize("several", [{"thresholds": [0.0, -1.0]}, {"threshold": 0.25}])
def test_binarizer_of_several_columns(engines: Conformance, several: dict[str, Any]) -> None:
    from pyspark.ml.feature import Binarizer

    frame = engines.spark.createDataFrame([(0.5, -0.5), (-0.5, 0.5), (0.0, -1.0)], "x double, y double")
    model = Binarizer(inputCols=["x", "y"], outputCols=["a", "b"], **several)
    engines.check(model, frame)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(doubles, min_size=1, max_size=60),
    threshold=st.floats(allow_nan=False),
)
def test_binarizer_of_any_numbers(engines: Conformance, values: list[float], threshold: float) -> None:
    engines.check(stage("x", threshold), number_frame(engines.spark, values))


def test_a_threshold_of_nan_is_refused(spark: Any) -> None:
    with pytest.raises(UnsupportedStageError, match="NaN"):
        bundle_files(stage("x", math.nan))


def test_null_as_each_spark_has_it() -> None:
    column = Numbers(np.array([2.0, 2.0]), np.array([True, False]))
    kept = Operator(1.0).apply([column])[0]
    assert (kept.values[0], kept.valid.tolist()) == (1.0, [True, False])
    zero = from_attributes(Operator, threshold=1.0, null_is_zero=True).apply([column])[0]
    assert (zero.values.tolist(), zero.valid) == ([1.0, 0.0], None)


def test_wide_vectors_stay_sparse() -> None:
    size = 1 << 18
    column = Sparse(np.array([0, 1, 2]), np.array([7, size - 1], dtype=np.int32), np.array([0.5, 2.0]), size)
    made = Operator(1.0, scalar=False).apply([column])[0]
    assert isinstance(made, Sparse)
    assert (made.indptr.tolist(), made.indices.tolist(), made.values.tolist()) == ([0, 0, 1], [size - 1], [1.0])


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"threshold": "0"},
        {"thresholds": [0.0]},
        {"threshold": 0.0, "input_shapes": (2, 2)},
        {"threshold": 0.0, "null_is_zero": 1},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def stage(column: str, threshold: float) -> Any:
    from pyspark.ml.feature import Binarizer

    return Binarizer(inputCol=column, outputCol="o", threshold=threshold)
