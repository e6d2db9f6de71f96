"""min_hash_lsh against Spark's MinHashLSHModel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from lsh_cases import check, dense_frame
from text_cases import few_frames, from_attributes

from pipeline.columns import Sparse, VectorLists
from pipeline.errors import BundleError
from pipeline.operators.base import ColumnType
from pipeline.operators.features.min_hash_lsh import HASH_PRIME
from pipeline.operators.features.min_hash_lsh import MinHashLSH as Operator

ROWS = [[1.0, 0.0, 0.0], [0.0, -0.0, 5.0], [math.nan, math.inf, 1.0], [0.0, -1.0, 5e-324]]


def test_min_hash_lsh_of_dense_vectors(engines: Conformance) -> None:
    check(engines, fitted(engines.spark), dense_frame(engines.spark, ROWS))
    check(engines, fitted(engines.spark, 1), dense_frame(engines.spark, ROWS[:1]))


def test_min_hash_lsh_of_sparse_vectors(engines: Conformance) -> None:
    from pyspark.ml.linalg import Vectors

    rows = [(Vectors.sparse(3, [0, 2], [0.0, 1.0]),), (Vectors.sparse(3, [1], [2.0]),)]
    check(engines, fitted(engines.spark), engines.spark.createDataFrame(rows, ["v"]))


def test_small_coefficients_are_mleaps_too(engines: Conformance) -> None:
    model = of_coefficients(engines.spark, [(7, 3), (1, 0), (5, 11)])
    assert Operator.from_spark(model, {"v": ColumnType("vector", 3)})[0].operator.in_mleap
    check(engines, model, dense_frame(engines.spark, ROWS))


def test_coefficients_that_overflow_32_bits_are_not_mleaps() -> None:
    assert Operator([(7, 3)], 3).in_mleap
    assert not Operator([(1 << 30, 3)], 3).in_mleap
    assert not Operator([(7, 3)], 0).in_mleap


def test_a_vector_of_zeros_is_refused(engines: Conformance) -> None:
    frame = dense_frame(engines.spark, [[1.0, 0.0, 0.0], [0.0, -0.0, 0.0]])
    engines.refuses(fitted(engines.spark), frame, row=2, column="v")


@few_frames
@given(
    rows=st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=20, max_size=80),
    pairs=st.lists(st.tuples(st.integers(1, HASH_PRIME - 1), st.integers(0, HASH_PRIME - 1)), min_size=1, max_size=5),
)
def test_min_hash_lsh_of_any_sets(engines: Conformance, rows: list[set[int]], pairs: list[tuple[int, int]]) -> None:
    vectors = [[float(place in row) for place in range(10)] for row in rows]
    check(engines, of_coefficients(engines.spark, pairs), dense_frame(engines.spark, vectors))


def test_wide_vectors_stay_sparse() -> None:
    column = Sparse(np.array([0, 1]), np.array([(1 << 31) - 2], dtype=np.int32), np.array([1.0]), (1 << 31) - 1)
    made = Operator([(HASH_PRIME - 1, 5)], 0).apply([column])[0]
    assert isinstance(made, VectorLists)
    assert made.values.tolist() == [[[float((((1 << 31) - 1) * (HASH_PRIME - 1) + 5) % HASH_PRIME)]]]


@pytest.mark.parametrize(("first", "second"), [([], []), ([1], [1, 2]), ([-1], [1]), ([1], [1 << 31]), (["x"], [1])])
def test_hostile_attributes(first: list[Any], second: list[Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, random_coefficients_a=first, random_coefficients_b=second, input_size=3)


def fitted(spark: Any, tables: int = 4) -> Any:
    from pyspark.ml.feature import MinHashLSH

    frame = dense_frame(spark, ROWS)
    return MinHashLSH(inputCol="v", outputCol="h", numHashTables=tables, seed=5).fit(frame)


def of_coefficients(spark: Any, pairs: list[tuple[int, int]]) -> Any:
    """A model as if these coefficients had been drawn."""
    from pyspark.ml.feature import MinHashLSHModel

    jvm = spark._jvm
    drawn = spark.sparkContext._gateway.new_array(jvm.scala.Tuple2, len(pairs))
    for place, (a, b) in enumerate(pairs):
        drawn[place] = jvm.scala.Tuple2(a, b)
    java = jvm.org.apache.spark.ml.feature.MinHashLSHModel("drawn", drawn)
    return MinHashLSHModel(java).setInputCol("v").setOutputCol("h")
