"""bucketizer against Spark's Bucketizer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes
from vector_cases import ODD, doubles, number_frame

from pipeline.columns import Numbers
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.features.bucketizer import POLICIES
from pipeline.operators.features.bucketizer import Bucketizer as Operator

ALL = [-math.inf, -2.5, 0.0, 1 / 3, math.inf]
VALUES = [value for value in ODD if not math.isnan(value)]
NULL = "null is refused, where Spark says null"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("splits", [ALL, [-math.inf, -1.0, math.inf]])
def test_bucketizer(engines: Conformance, splits: list[float], policy: str) -> None:
    engines.check(stage(splits, policy), number_frame(engines.spark, VALUES))


def test_a_split_at_minus_zero(engines: Conformance) -> None:
    model = stage([-math.inf, -0.0, 5.0, math.inf], "error")
    differs = "its JSON makes 0.0 of -0.0"
    engines.check(model, number_frame(engines.spark, VALUES), runtime_differs=differs, serializer_differs=differs)


def test_the_ends_belong_to_the_buckets(engines: Conformance) -> None:
    engines.check(stage([-1.0, 0.0, 1.0], "error"), number_frame(engines.spark, [-1.0, 1.0, 0.0, -0.0, 0.5]))
    engines.check(stage([-1.0, -0.5, 0.0], "error"), number_frame(engines.spark, [-0.0, 0.0]))


def test_nan_is_a_bucket_of_its_own(engines: Conformance) -> None:
    engines.check(stage([-1.0, 0.0, 1.0], "keep"), number_frame(engines.spark, [math.nan, 1.0, math.nan]))


def test_nan_and_null_are_skipped(engines: Conformance) -> None:
    frame = number_frame(engines.spark, [math.nan, 1.0, None, 0.5])
    written = "the rows that Spark drops are refused where as many must come out"
    engines.check(stage(ALL, "skip"), frame, skipping=True, runtime_differs=NULL, serializer_differs=written)
    frame = number_frame(engines.spark, [math.nan, 1.0, 0.5])
    engines.check(stage(ALL, "skip"), frame, skipping=True, serializer_differs=written)


@pytest.mark.parametrize("policy", ["error", "keep"])
def test_null_stays_null(engines: Conformance, policy: str) -> None:
    engines.check(stage(ALL, policy), number_frame(engines.spark, [1.0, None, -3.0]), runtime_differs=NULL)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("value", [-1.5, 1.5, math.inf])
def test_a_number_outside_is_refused(engines: Conformance, policy: str, value: float) -> None:
    frame = number_frame(engines.spark, [0.5, value])
    engines.refuses(stage([-1.0, 0.0, 1.0], policy), frame, row=2, column="x")


def test_minus_zero_is_below_a_first_split_at_zero(engines: Conformance) -> None:
    frame = number_frame(engines.spark, [0.0, -0.0])
    engines.refuses(stage([0.0, 1.0, 2.0], "error"), frame, row=2, column="x")


def test_nan_is_refused(engines: Conformance) -> None:
    engines.refuses(stage(ALL, "error"), number_frame(engines.spark, [0.5, math.nan]), row=2, column="x")


@pytest.mark.parametrize("kind", ["int", "bigint", "float", "tinyint"])
def test_other_numbers_are_cast(engines: Conformance, kind: str) -> None:
    values = [1.5, -0.0, 0.1] if kind == "float" else [1, -3, 0]
    engines.check(stage(ALL, "error"), number_frame(engines.spark, values, kind))


@pytest.mark.parametrize("policy", POLICIES)
def test_several_columns(engines: Conformance, policy: str) -> None:
    from pyspark.ml.feature import Bucketizer

    rows = [(0.5, 3.0), (-4.0, 0.0), (1.0, -1.0)]
    if policy != "error":
        rows += [(math.nan, 1.0), (1.0, math.nan)]
    frame = engines.spark.createDataFrame(rows, "x double, y double")
    model = Bucketizer(
        inputCols=["x", "y"],
        outputCols=["a", "b"],
        splitsArray=[ALL, [-math.inf, 0.0, 1.0, math.inf]],
        handleInvalid=policy,
    )
    engines.check(model, frame, skipping=policy == "skip")


@pytest.mark.parametrize("policy", POLICIES)
def test_quantile_discretizer(engines: Conformance, policy: str) -> None:
    from pyspark.ml.feature import QuantileDiscretizer

    frame = number_frame(engines.spark, [0.0, -0.0, 1.0, 5.0, 2.5, -3.0, 7.0])
    one = QuantileDiscretizer(inputCol="x", outputCol="o", numBuckets=3, handleInvalid=policy).fit(frame)
    engines.check(one, frame)
    two = QuantileDiscretizer(inputCols=["x"], outputCols=["o"], numBucketsArray=[4], handleInvalid=policy).fit(frame)
    engines.check(two, frame)


def test_no_rows(engines: Conformance) -> None:
    engines.check(stage(ALL, "error"), number_frame(engines.spark, []))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(doubles, min_size=1, max_size=60),
    inner=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6, unique=True),
)
def test_any_numbers(engines: Conformance, values: list[float], inner: list[float]) -> None:
    frame = number_frame(engines.spark, values)
    engines.check(stage([-math.inf, *(one + 0.0 for one in sorted(inner)), math.inf], "keep"), frame)


def test_a_row_to_skip_is_refused_where_rows_must_stay() -> None:
    operator = Operator(ALL, "skip")
    for column in (Numbers(np.array([1.0, math.nan])), Numbers(np.array([1.0, 1.0]), np.array([True, False]))):
        with pytest.raises(RowError) as caught:
            operator.apply([column])
        assert caught.value.row == 1


@pytest.mark.parametrize(
    "splits",
    [None, [], [math.nan], [0.0, 1.0], [0.0, 1.0, 1.0], [0.0, math.nan, 1.0], [2.0, 1.0, 3.0], ["a", "b", "c"]],
)
def test_hostile_splits(splits: Any) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, splits=splits)


def test_ends_that_a_bundle_leaves_out_are_infinite() -> None:
    operator = from_attributes(Operator, splits=[math.nan, 0.0, math.nan])
    assert operator.splits.tolist() == [-math.inf, 0.0, math.inf]
    assert operator.handle_invalid == "error"


def stage(splits: list[float], policy: str) -> Any:
    from pyspark.ml.feature import Bucketizer

    return Bucketizer(inputCol="x", outputCol="o", splits=splits, handleInvalid=policy)
