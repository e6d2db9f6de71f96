"""vector_indexer against Spark's VectorIndexerModel."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from feature_cases import vector_frame, vectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Dense, Numbers, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import ColumnType, RowError
from pipeline.operators.features.vector_indexer import VectorIndexer as Operator

# The second place is continuous; no category of the last is zero.
FITTED = [[0.0, 1.0, 5.0, -2.5], [1.0, 2.0, 6.0, 0.1], [-1.5, 3.0, 5.0, 0.1], [0.0, 4.0, 6.0, -2.5]]
KNOWN = [[-0.0, math.nan, 5.0, 0.1], {2: 6.0, 3: 0.1}, {0: -1.5, 1: 7.0, 2: 5.0, 3: -2.5}, [1.0, math.inf, 6.0, -2.5]]
UNKNOWN = [[3.0, 0.0, 5.0, 0.1], {0: math.nan, 2: 5.0, 3: 0.1}, [0.0, 0.0, 5.0, math.nan], {2: 5.0, 3: -0.0}]


@pytest.mark.parametrize("policy", ["error", "keep", "skip"])
def test_vector_indexer(engines: Conformance, policy: str) -> None:
    engines.check(indexer(engines.spark, policy), vector_frame(engines.spark, KNOWN, 4), skipping=policy == "skip")


def test_unknown_values_are_kept(engines: Conformance) -> None:
    engines.check(indexer(engines.spark, "keep"), vector_frame(engines.spark, [*KNOWN, *UNKNOWN], 4))


@pytest.mark.parametrize("policy", ["error", "keep"])
def test_a_zero_that_is_not_stored_stays(engines: Conformance, policy: str) -> None:
    differs = "MLeap's runtime is given dense vectors, whose zeros are no category"
    frame = vector_frame(engines.spark, [{2: 6.0}, {}], 4)
    engines.check(indexer(engines.spark, policy), frame, runtime_differs=differs)


def test_rows_of_unknown_values_are_skipped(engines: Conformance) -> None:
    frame = vector_frame(engines.spark, [KNOWN[0], *UNKNOWN, *KNOWN], 4)
    engines.check(
        indexer(engines.spark, "skip"),
        frame,
        skipping=True,
        runtime_differs="MLeap's runtime drops no row",
        serializer_differs="read without skipping",
    )


@pytest.mark.parametrize("row", UNKNOWN)
def test_unknown_values_are_refused(engines: Conformance, row: Any) -> None:
    engines.refuses(indexer(engines.spark, "error"), vector_frame(engines.spark, [KNOWN[0], row], 4), row=2, column="v")


@pytest.mark.parametrize("policy", ["error", "keep"])
def test_a_category_that_is_no_number_is_never_found(engines: Conformance, policy: str) -> None:
    from pyspark.ml.feature import VectorIndexer

    frame = vector_frame(engines.spark, [[0.0, 1.0], [math.nan, 2.0], [3.0, math.nan], [0.0, -1.0]], 2)
    model = VectorIndexer(inputCol="v", outputCol="made", maxCategories=4, handleInvalid=policy).fit(frame)
    fine = vector_frame(engines.spark, [[0.0, 1.0], [3.0, -1.0]], 2)
    engines.check(model, fine)
    if policy == "keep":
        engines.check(model, frame)
    else:
        engines.refuses(model, vector_frame(engines.spark, [[0.0, 1.0], [math.nan, 2.0]], 2), row=2, column="v")


def test_vector_indexer_without_categories(engines: Conformance) -> None:
    frame = vector_frame(engines.spark, [[0.5, 1.0], [1.5, 2.0], [2.5, -0.0]], 2)
    engines.check(indexer(engines.spark, "error", frame, 2), vector_frame(engines.spark, [{}, [-0.0, math.nan]], 2))


def test_vector_indexer_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in (KNOWN[:1], []):
        engines.check(indexer(engines.spark, "error"), vector_frame(engines.spark, rows, 4))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fitted=st.lists(st.lists(st.sampled_from([0.0, 1.0, -2.0, 0.5]), min_size=3, max_size=3), min_size=2, max_size=8),
    rows=st.lists(vectors(3, st.sampled_from([0.0, -0.0, 1.0, -2.0, 0.5, 9.0, math.nan])), min_size=10, max_size=40),
)
def test_vector_indexer_of_any_vectors(engines: Conformance, fitted: list[Any], rows: list[Any]) -> None:
    model = indexer(engines.spark, "keep", vector_frame(engines.spark, fitted, 3))
    # The runtime is given dense vectors, whose zeros may be no category.
    replace(engines, runtime=None).check(model, vector_frame(engines.spark, rows, 3))


def test_vectors_of_another_length_are_refused() -> None:
    operator = Operator(3, {0: {0.0: 0}}, "error")
    for column in (Dense(np.zeros((2, 2))), Numbers(np.zeros(2))):
        with pytest.raises(RowError, match="length"):
            operator.apply([column])
    with pytest.raises(BundleError):
        operator.output_types([ColumnType("vector", 2)])


def test_many_wide_rows_stay_sparse() -> None:
    rows, size = 200_000, 1 << 18
    column = Sparse(np.arange(rows + 1), np.arange(rows, dtype=np.int32), np.full(rows, 7.0), size)
    made = Operator(size, {3: {7.0: 1}, 5: {0.0: 0}}, "keep").apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.values[:7].tolist() == [7.0, 7.0, 7.0, 1.0, 7.0, 1.0, 7.0]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"num_features": 2, "keys": [2], "key_2_keys": [0.0], "key_2_values": [0]},
        {"num_features": 2, "keys": [1], "key_1_keys": [0.0], "key_1_values": []},
        {"num_features": 2, "keys": [1]},
        {"num_features": 1 << 40, "keys": []},
        {"num_features": 2, "keys": [], "handle_invalid": "drop"},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def indexer(spark: Any, policy: str, frame: Any = None, most: int = 3) -> Any:
    from pyspark.ml.feature import VectorIndexer

    stage = VectorIndexer(inputCol="v", outputCol="w", maxCategories=most, handleInvalid=policy)
    return stage.fit(vector_frame(spark, FITTED, 4) if frame is None else frame)
