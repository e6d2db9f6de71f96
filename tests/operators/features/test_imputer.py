"""imputer against Spark's ImputerModel."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.errors import BundleError
from pipeline.operators.features.imputer import Imputer as Operator

FLOATS = [1.5, 2.25, 2.25, None, 7.125, -0.0, 0.0, 0.1, math.inf]
WHOLE = [1, 2, 2, None, 7, 0, -1, 100]
NAN = "MLeap's runtime replaces NaN whatever missing_value is"


@pytest.mark.parametrize("strategy", ["mean", "median", "mode"])
@pytest.mark.parametrize("missing", [math.nan, -1.0, 0.0, 0.1])
def test_imputer(engines: Conformance, strategy: str, missing: float) -> None:
    frame = frame_of(engines.spark, [*FLOATS, math.nan], "double")
    engines.check(imputer(frame, strategy, missing), frame, runtime_differs=None if math.isnan(missing) else NAN)


@pytest.mark.parametrize("kind", ["tinyint", "smallint", "int", "bigint", "float"])
@pytest.mark.parametrize("missing", [math.nan, 2.0, 0.1])
def test_imputer_keeps_the_type_of_its_column(engines: Conformance, kind: str, missing: float) -> None:
    frame = frame_of(engines.spark, [1.5, 2.25, None, 0.1] if kind == "float" else WHOLE, kind)
    engines.check(imputer(frame, "mean", missing), frame, runtime_differs="MLeap's runtime imputes doubles alone")


def test_a_long_goes_through_float64(engines: Conformance) -> None:
    frame = frame_of(engines.spark, [(1 << 60) + 1, None, (1 << 63) - 1, -(1 << 63), 3], "bigint")
    engines.check(imputer(frame, "median", 3.0), frame, runtime_differs="MLeap's runtime imputes doubles alone")


def test_imputer_of_several_columns_is_several_nodes(engines: Conformance) -> None:
    from pyspark.ml.feature import Imputer

    frame = engines.spark.createDataFrame([(1.0, 5.0), (None, 6.5), (3.5, None)], "a double, b double")
    engines.check(Imputer(inputCols=["a", "b"], outputCols=["c", "d"], strategy="median").fit(frame), frame)
    engines.check(Imputer(inputCol="a", outputCol="c").fit(frame), frame)


def test_imputer_of_one_row_and_of_none(engines: Conformance) -> None:
    model = imputer(frame_of(engines.spark, [1.0, 2.0], "double"), "mean", math.nan)
    engines.check(model, frame_of(engines.spark, [None], "double"))
    engines.check(model, frame_of(engines.spark, [], "double"))


# Spark fits no mean of infinities; MLeap's JSON makes 0.0 of a surrogate of -0.0.
finite = st.floats(-1e300, 1e300).map(lambda value: value + 0.0) | st.just(math.nan)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.none() | finite, min_size=10, max_size=60),
    strategy=st.sampled_from(["mean", "median", "mode"]),
)
def test_imputer_of_any_numbers(engines: Conformance, rows: list[Any], strategy: str) -> None:
    frame = frame_of(engines.spark, [*rows, 1.0], "double")
    engines.check(imputer(frame, strategy, math.nan), frame)


@pytest.mark.parametrize("values", [{}, {"surrogate_value": "x", "strategy": "mean"}, {"surrogate_value": 1.0}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def frame_of(spark: Any, values: list[Any], kind: str) -> Any:
    return spark.createDataFrame([(value,) for value in values], f"x {kind}").cache()


def imputer(frame: Any, strategy: str, missing: float) -> Any:
    from pyspark.ml.feature import Imputer

    return Imputer(inputCols=["x"], outputCols=["y"], strategy=strategy, missingValue=missing).fit(frame)
