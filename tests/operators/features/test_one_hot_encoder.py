"""one_hot_encoder against Spark's OneHotEncoderModel."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conformance import Conformance, scorer_of, table_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.bundle import write_bundle
from pipeline.errors import BundleError, DataError
from pipeline.operators.features.one_hot_encoder import OneHotEncoder as Operator

FRACTIONS = "MLeap's runtime refuses an index with a fraction"


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("policy", ["error", "keep"])
def test_one_hot_encoder_of_several_columns(engines: Conformance, drop_last: bool, policy: str) -> None:
    from pyspark.ml.feature import OneHotEncoder

    spark = engines.spark
    fitted = spark.createDataFrame([(0.0, 1.0), (1.0, 0.0), (2.0, 3.0)], "a double, b double")
    encoder = OneHotEncoder(inputCols=["a", "b"], outputCols=["v", "w"], dropLast=drop_last, handleInvalid=policy)
    rows = [(0.0, 0.0), (2.0, 3.0), (1.0, 2.0), (-0.0, 0.0)] + ([(7.0, -0.0), (3.0, 4.0)] if policy == "keep" else [])
    engines.check(encoder.fit(fitted), spark.createDataFrame(rows, "a double, b double"))


@pytest.mark.parametrize("policy", ["error", "keep"])
def test_a_fraction_counts_as_the_whole_number_below(engines: Conformance, policy: str) -> None:
    rows = [0.5, 1.5, 2.5] + ([-0.5, math.nan, math.inf, 1e300, -3.0] if policy == "keep" else [])
    engines.check(encoder_of(engines.spark, policy), frame_of(engines.spark, rows), runtime_differs=FRACTIONS)


@pytest.mark.parametrize("kind", ["int", "bigint", "float"])
def test_one_hot_encoder_of_other_numbers(engines: Conformance, kind: str) -> None:
    values = [0.0, 2.0, 1.0] if kind == "float" else [0, 2, 1]
    engines.check(encoder_of(engines.spark, "error"), frame_of(engines.spark, values, kind))


def test_one_hot_encoder_after_a_string_indexer(engines: Conformance) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, StringIndexer

    frame = engines.spark.createDataFrame([("a",), ("b",), ("é",), ("a",)], "s string")
    stages = [StringIndexer(inputCol="s", outputCol="i"), OneHotEncoder(inputCol="i", outputCol="v")]
    engines.check(Pipeline(stages=stages).fit(frame), frame)


@pytest.mark.parametrize("value", [3.0, -1.0, -0.5, math.nan, math.inf])
def test_one_hot_encoder_refuses_what_is_no_category(engines: Conformance, value: float) -> None:
    engines.refuses(encoder_of(engines.spark, "error"), frame_of(engines.spark, [1.0, value]), row=2, column="a")


@pytest.mark.parametrize("policy", ["error", "keep"])
def test_null_is_refused_where_spark_makes_a_null_vector(engines: Conformance, policy: str) -> None:
    model, frame = encoder_of(engines.spark, policy), frame_of(engines.spark, [1.0, None])
    assert model.transform(frame).collect()[1]["v"] is None
    with pytest.raises(DataError) as caught:
        scorer_of(write_bundle(model, engines._path()), frame).transform(table_of(frame), ["v"])
    assert (caught.value.row, caught.value.column) == (2, "a")


def test_one_hot_encoder_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in ([2.0], []):
        engines.check(encoder_of(engines.spark, "error"), frame_of(engines.spark, rows))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.integers(-3, 12).map(float), min_size=10, max_size=40), size=st.integers(1, 8), drop=st.booleans()
)
def test_one_hot_encoder_of_any_categories(engines: Conformance, rows: list[float], size: int, drop: bool) -> None:
    model = encoder_of(engines.spark, "keep", size).setDropLast(drop)
    engines.check(model, frame_of(engines.spark, rows))


@pytest.mark.parametrize(
    "values",
    [{}, {"category_sizes": [0]}, {"category_sizes": [1 << 40]}, {"category_sizes": ["a"]}, {"size": -1}],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def frame_of(spark: Any, values: list[Any], kind: str = "double") -> Any:
    return spark.createDataFrame([(value,) for value in values], f"a {kind}").cache()


def encoder_of(spark: Any, policy: str, size: int = 3) -> Any:
    from pyspark.ml.feature import OneHotEncoder

    fitted = frame_of(spark, [float(category) for category in range(size)])
    return OneHotEncoder(inputCol="a", outputCol="v", handleInvalid=policy).fit(fitted)
