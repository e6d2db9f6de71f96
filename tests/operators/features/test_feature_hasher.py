"""feature_hasher against Spark's FeatureHasher."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from feature_cases import frame_of, values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Dense, Sparse, Text
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import ColumnType, RowError
from pipeline.operators.features.feature_hasher import FeatureHasher as Operator

COLUMNS = ["d", "b", "s", "i", "é"]
KIND = "d double, b boolean, s string, i int, `é` string"
ROWS = [
    (1.5, True, "x", 3, "日"),
    (0.0, False, "", 0, "😀"),
    (None, None, None, None, None),
    (math.nan, True, "=", -7, "x"),
    (1e300, None, "true", 2147483647, ""),
]


@pytest.mark.parametrize("size", [1 << 18, 1000, 7])
@pytest.mark.parametrize("categorical", [None, ["i"], ["d", "i", "s"]])
def test_feature_hasher(engines: Conformance, size: int, categorical: list[str] | None) -> None:
    engines.check(hasher(COLUMNS, size, categorical), frame_of(engines.spark, ROWS, KIND))


def test_a_negative_zero_stays(engines: Conformance) -> None:
    frame = frame_of(engines.spark, [(-0.0, -0.0), (1.0, -0.0)], "x double, y float")
    differs = "MLeap's runtime adds each number to zero"
    engines.check(hasher(["x", "y"], 1 << 10), frame, runtime_differs=differs)
    engines.check(hasher(["x", "y"], 1 << 10, ["x", "y"]), frame)


def test_numbers_are_added_before_categories(engines: Conformance) -> None:
    frame = frame_of(
        engines.spark, [(1e16, "a", -1e16, "b"), (-0.0, None, -0.0, None)], "a double, s string, b double, t string"
    )
    differs = "MLeap's runtime adds in the order of the columns"
    engines.check(hasher(["a", "s", "b", "t"], 1), frame, runtime_differs=differs)


@pytest.mark.parametrize("kind", ["smallint", "bigint", "float", "tinyint"])
@pytest.mark.parametrize("categorical", [None, ["x"]])
def test_feature_hasher_of_other_numbers(engines: Conformance, kind: str, categorical: list[str] | None) -> None:
    rows: list[Any] = [0.5, 1e10, None] if kind == "float" else [1, 0, -7, None]
    engines.check(hasher(["x"], 1 << 10, categorical), frame_of(engines.spark, rows, kind))


def test_feature_hasher_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in (ROWS[:1], []):
        engines.check(hasher(COLUMNS, 100), frame_of(engines.spark, rows, KIND))


words = st.none() | st.text(st.sampled_from(["a", "=", "é", "日", "😀", " "]), max_size=5)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.none() | values, st.none() | st.booleans(), words, st.none() | st.integers(-9, 9), words),
        min_size=10,
        max_size=40,
    ),
    size=st.integers(1, 1 << 12),
)
def test_feature_hasher_of_any_rows(engines: Conformance, rows: list[Any], size: int) -> None:
    # The runtime loses negative zeros, and adds in another order.
    replace(engines, runtime=None).check(hasher(COLUMNS, (1 << 20) + size, ["i"]), frame_of(engines.spark, rows, KIND))


def test_many_wide_rows_stay_sparse() -> None:
    rows = 200_000
    operator = Operator(1 << 18, [], ["s"], [ColumnType("text", basic="string")])
    made = operator.apply([Text(np.zeros(rows, dtype=np.int32), ["a"])])[0]
    assert isinstance(made, Sparse)
    assert len(made.values) == rows


def test_columns_of_unknown_type_are_refused(spark: Any) -> None:
    with pytest.raises(UnsupportedStageError, match="'x' is not known"):
        Operator.from_spark(hasher(["x"], 8), {})
    with pytest.raises(UnsupportedStageError, match="'x' is a vector"):
        Operator.from_spark(hasher(["x"], 8), {"x": ColumnType("vector", 2)})
    with pytest.raises(UnsupportedStageError, match="'x' is a decimal"):
        Operator.from_spark(hasher(["x"], 8), {"x": ColumnType("number", basic="decimal")})


def test_vectors_are_refused_while_scoring() -> None:
    for categorical in ([], ["x"]):
        with pytest.raises(RowError):
            Operator(8, categorical, ["x"], [ColumnType("number")]).apply([Dense(np.zeros((1, 2)))])


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"num_features": 0, "input_names": ["x"], "basic_types": ["double"]},
        {"num_features": 8, "input_names": ["x"], "basic_types": []},
        {"num_features": 8, "input_names": ["x"], "basic_types": ["tensor"]},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def hasher(columns: list[str], size: int, categorical: list[str] | None = None) -> Any:
    from pyspark.ml.feature import FeatureHasher

    stage = FeatureHasher(inputCols=columns, outputCol="f", numFeatures=size)
    return stage if categorical is None else stage.setCategoricalCols(categorical)
