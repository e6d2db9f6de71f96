"""chi_sq_selector against the fitted selectors of Spark."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conformance import Conformance
from feature_cases import vector, vector_frame, vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.features.chi_sq_selector import ChiSqSelector as Operator

ROWS = [[0.0, -0.0, 5.0, math.nan], {0: -0.0, 2: math.nan}, {}, {1: math.inf, 3: 0.0}, [1.0, 2.0, 3.0, -0.0]]
FITTED = [
    ([1.0, 0.0, 3.0, 2.0], 0.0),
    ([1.0, 1.0, 2.0, 7.0], 1.0),
    ([1.0, 0.0, 5.0, 4.0], 0.0),
    ([1.0, 2.0, 3.0, 1.0], 1.0),
]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_chi_sq_selector(engines: Conformance, count: int) -> None:
    from pyspark.ml.feature import ChiSqSelector

    selector = ChiSqSelector(numTopFeatures=count, featuresCol="v", labelCol="y", outputCol="w")
    engines.check(selector.fit(fitted(engines.spark)), vector_frame(engines.spark, ROWS, 4))


@pytest.mark.parametrize("kind", ["continuous", "categorical"])
def test_univariate_feature_selector(engines: Conformance, kind: str) -> None:
    from pyspark.ml.feature import UnivariateFeatureSelector

    selector = UnivariateFeatureSelector(featuresCol="v", labelCol="y", outputCol="w", selectionMode="numTopFeatures")
    selector.setFeatureType(kind).setLabelType("categorical").setSelectionThreshold(2)
    engines.check(selector.fit(fitted(engines.spark)), vector_frame(engines.spark, ROWS, 4))


@pytest.mark.parametrize("threshold", [0.0, 1.0, 1e9])
def test_variance_threshold_selector(engines: Conformance, threshold: float) -> None:
    from pyspark.ml.feature import VarianceThresholdSelector

    selector = VarianceThresholdSelector(featuresCol="v", outputCol="w", varianceThreshold=threshold)
    engines.check(selector.fit(fitted(engines.spark)), vector_frame(engines.spark, ROWS, 4))


def test_selector_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in ([{1: 2.0}], []):
        engines.check(variance(engines.spark, 0.0), vector_frame(engines.spark, rows, 4))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(vectors(4), min_size=10, max_size=40), threshold=st.sampled_from([0.0, 0.5, 2.0, 6.0]))
def test_selector_of_any_vectors(engines: Conformance, rows: list[Any], threshold: float) -> None:
    engines.check(variance(engines.spark, threshold), vector_frame(engines.spark, rows, 4))


def test_a_vector_of_unknown_length_is_refused(spark: Any) -> None:
    with pytest.raises(UnsupportedStageError, match="length of vector column 'v'"):
        Operator.from_spark(variance(spark, 0.0), {})


@pytest.mark.parametrize("values", [{}, {"filter_indices": [3], "input_size": 3}, {"filter_indices": [1, 1]}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def fitted(spark: Any) -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import DoubleType, StructField, StructType

    kind = StructType([StructField("v", VectorUDT()), StructField("y", DoubleType())])
    return spark.createDataFrame([(vector(row, 4), label) for row, label in FITTED], kind)


def variance(spark: Any, threshold: float) -> Any:
    from pyspark.ml.feature import VarianceThresholdSelector

    selector = VarianceThresholdSelector(featuresCol="v", outputCol="w", varianceThreshold=threshold)
    return selector.fit(fitted(spark))
