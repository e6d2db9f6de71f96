"""vector_slicer against Spark's VectorSlicer."""

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

from pipeline.columns import Numbers, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import ColumnType, RowError
from pipeline.operators.features.vector_slicer import VectorSlicer as Operator

ROWS = [[0.0, -0.0, 5.0, math.nan], {0: 0.0, 2: math.nan}, {}, {1: math.inf, 3: 0.0}, [1.0, 2.0, 3.0, -0.0]]
NAMED = {
    "attrs": {"numeric": [{"idx": 0, "name": "a"}, {"idx": 3, "name": "é"}], "nominal": [{"idx": 2, "name": "c"}]},
    "num_attrs": 4,
}


@pytest.mark.parametrize("indices", [[0], [3, 1], [2, 0, 1, 3], [0, 1, 2, 3]])
def test_vector_slicer(engines: Conformance, indices: list[int]) -> None:
    engines.check(slicer(indices=indices), vector_frame(engines.spark, ROWS, 4))


def test_a_sparse_vector_loses_its_negative_zeros(engines: Conformance) -> None:
    frame = vector_frame(engines.spark, [{0: -0.0, 2: math.nan}, [-0.0, 0.0, 1.0, 2.0], {3: -0.0}], 4)
    differs = "MLeap's runtime is given dense vectors, whose negative zeros stay"
    engines.check(slicer(indices=[3, 0]), frame, runtime_differs=differs)


def test_names_come_after_indices(engines: Conformance) -> None:
    frame = vector_frame(engines.spark, ROWS, 4, NAMED)
    engines.check(slicer(names=["é", "a"]), frame)
    engines.check(slicer(indices=[1], names=["c"]), frame)


def test_vector_slicer_of_one_row_and_of_none(engines: Conformance) -> None:
    for rows in ([{1: 2.0}], [[1.0, 2.0, 3.0, 4.0]], []):
        engines.check(slicer(indices=[1, 0]), vector_frame(engines.spark, rows, 4))


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(vectors(5), min_size=10, max_size=40), places=st.lists(st.integers(0, 4), min_size=1, unique=True))
def test_vector_slicer_of_any_vectors(engines: Conformance, rows: list[Any], places: list[int]) -> None:
    # The runtime is given dense vectors, whose negative zeros stay.
    replace(engines, runtime=None).check(slicer(indices=places), vector_frame(engines.spark, rows, 5))


@pytest.mark.parametrize("parameters", [{"indices": [0, 4]}, {"names": ["b"]}, {"indices": [0], "names": ["a"]}])
def test_places_that_are_not_there_are_refused(parameters: dict[str, Any], spark: Any) -> None:
    with pytest.raises(UnsupportedStageError, match=r"indices|names"):
        Operator.from_spark(slicer(**parameters), {"v": ColumnType("vector", 4, attributes=NAMED)})
    with pytest.raises(UnsupportedStageError, match="length of vector column 'v'"):
        Operator.from_spark(slicer(**parameters), {})


def test_a_short_vector_is_refused() -> None:
    column = Sparse(np.array([0, 1]), np.array([1], dtype=np.int32), np.ones(1), 3)
    with pytest.raises(RowError, match="3 values"):
        Operator([5], {}, 0).apply([column])
    with pytest.raises(RowError, match="not a vector"):
        Operator([5], {}, 0).apply([Numbers(np.zeros(1))])
    with pytest.raises(BundleError):
        Operator([5], {}, 6).output_types([ColumnType("vector", 3)])


def test_many_wide_rows_stay_sparse() -> None:
    rows, size = 200_000, 1 << 18
    column = Sparse(np.arange(rows + 1), np.arange(rows, dtype=np.int32), np.ones(rows), size)
    made = Operator([size - 1, 7, 3], {}, size).apply([column])[0]
    assert isinstance(made, Sparse)
    assert (made.indices.tolist(), made.rows().tolist()) == ([2, 1], [3, 7])


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"indices": [4], "input_size": 4},
        {"indices": [-1]},
        {"indices": [1, 1]},
        {"indices": [1], "names": ["a"], "named_indices": [1]},
        {"indices": [1], "names": ["a"], "named_indices": [2, 3]},
        {"indices": [1], "input_size": 1 << 40},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def slicer(**parameters: Any) -> Any:
    from pyspark.ml.feature import VectorSlicer

    return VectorSlicer(inputCol="v", outputCol="w", **parameters)
