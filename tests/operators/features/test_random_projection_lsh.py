"""bucketed_random_projection_lsh against Spark's BucketedRandomProjectionLSHModel."""

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

from pipeline.columns import Dense, Sparse, VectorLists
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.features.random_projection_lsh import BucketedRandomProjectionLSH as Operator


def rounded(value: float) -> float:
    return round(value, 6)


ROWS = [[1.0, 0.5, -3.0], [0.0, -0.0, 0.0], [math.nan, 1.0, 1.0], [math.inf, 1.0, 1.0], [1e6, 1e-6, 7.0]]


@pytest.mark.parametrize(("length", "tables"), [(2.0, 3), (0.3, 1)])
def test_random_projection_of_dense_vectors(engines: Conformance, length: float, tables: int) -> None:
    check(engines, fitted(engines.spark, length, tables), dense_frame(engines.spark, ROWS))


def test_random_projection_of_sparse_vectors(engines: Conformance) -> None:
    from pyspark.ml.linalg import Vectors

    rows = [(Vectors.sparse(3, [0, 2], [0.7, -1.0]),), (Vectors.sparse(3, [], []),), (Vectors.sparse(3, [1], [9.0]),)]
    check(engines, fitted(engines.spark, 1.0, 3), engines.spark.createDataFrame(rows, ["v"]))


def test_random_projection_of_one_row(engines: Conformance) -> None:
    check(engines, fitted(engines.spark, 1.0, 2), dense_frame(engines.spark, ROWS[:1]))


@few_frames
@given(
    # Products that underflow may change their sign where Java's BLAS fuses multiplication and addition.
    rows=st.lists(st.lists(st.floats(-1e3, 1e3).map(rounded), min_size=3, max_size=3), min_size=20, max_size=80),
    length=st.sampled_from([0.1, 1.0, 7.5]),
)
def test_random_projection_of_any_vectors(engines: Conformance, rows: list[list[float]], length: float) -> None:
    check(engines, fitted(engines.spark, length, 3), dense_frame(engines.spark, rows))


def test_dense_and_sparse_vectors_fall_into_the_same_buckets() -> None:
    operator = Operator([[0.6, 0.8], [-1.0, 0.0]], 0.5)
    dense = operator.apply([Dense(np.array([[0.0, 2.0], [3.0, 0.0]]))])[0]
    sparse = operator.apply([Sparse(np.array([0, 1, 2]), np.array([1, 0]), np.array([2.0, 3.0]), 2)])[0]
    assert isinstance(dense, VectorLists)
    assert isinstance(sparse, VectorLists)
    assert dense.values.tolist() == sparse.values.tolist() == [[[3.0], [0.0]], [[3.0], [-6.0]]]


def test_a_vector_of_another_length_is_refused() -> None:
    with pytest.raises(RowError, match="3 values"):
        Operator([[1.0, 0.0]], 1.0).apply([Dense(np.zeros((1, 3)))])


@pytest.mark.parametrize("vectors", [[], [np.zeros(2), np.zeros(3)], [np.zeros((1, 2))], [np.zeros(0)], ["x"]])
def test_hostile_vectors(vectors: list[Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, random_unit_vectors=vectors, bucket_length=1.0)


@pytest.mark.parametrize("length", [0.0, -1.0, math.nan, math.inf])
def test_hostile_bucket_length(length: float) -> None:
    with pytest.raises(BundleError, match="bucket_length"):
        from_attributes(Operator, random_unit_vectors=[np.ones(2)], bucket_length=length)


def fitted(spark: Any, length: float, tables: int) -> Any:
    from pyspark.ml.feature import BucketedRandomProjectionLSH

    lsh = BucketedRandomProjectionLSH(inputCol="v", outputCol="h", bucketLength=length, numHashTables=tables, seed=5)
    return lsh.fit(dense_frame(spark, ROWS[:2]))
