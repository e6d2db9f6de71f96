"""idf against Spark's IDFModel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import few_frames, from_attributes

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.text.idf import IDF as Operator


def test_idf_of_dense_vectors(engines: Conformance) -> None:
    rows = [[1.0, 0.0, 3.5], [math.nan, -0.0, math.inf], [-1e300, 5e-324, -math.inf]]
    engines.check(fitted(engines.spark, 1), dense_frame(engines.spark, rows))


def test_idf_of_sparse_vectors(engines: Conformance) -> None:
    from pyspark.ml.linalg import Vectors

    rows = [
        (Vectors.sparse(3, [0, 2], [1.0, -0.0]),),
        (Vectors.sparse(3, [], []),),
        (Vectors.sparse(3, [1], [math.nan]),),
    ]
    engines.check(fitted(engines.spark, 0), engines.spark.createDataFrame(rows, ["v"]))


def test_idf_of_one_row(engines: Conformance) -> None:
    engines.check(fitted(engines.spark, 2), dense_frame(engines.spark, [[1.0, 2.0, 3.0]]))


@few_frames
@given(
    rows=st.lists(st.lists(st.floats(width=64), min_size=3, max_size=3), min_size=1, max_size=40),
    least=st.integers(0, 3),
)
def test_idf_of_any_vectors(engines: Conformance, rows: list[list[float]], least: int) -> None:
    engines.check(fitted(engines.spark, least), dense_frame(engines.spark, rows))


def test_wide_vectors_stay_sparse() -> None:
    size = 1 << 18
    column = Sparse(np.array([0, 1]), np.array([size - 1], dtype=np.int32), np.array([2.0]), size)
    made = Operator(np.full(size, 0.5), [], 0).apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.values.tolist() == [1.0]


def test_a_vector_beyond_the_model_is_refused() -> None:
    operator = Operator([1.0, 2.0], [], 0)
    with pytest.raises(RowError, match="too long"):
        operator.apply([Dense(np.zeros((1, 3)))])
    with pytest.raises(RowError) as caught:
        operator.apply([Sparse(np.array([0, 0, 1]), np.array([2]), np.array([1.0]), 3)])
    assert caught.value.row == 1


def test_hostile_attributes() -> None:
    for values in ({}, {"idf": np.zeros((2, 2))}, {"idf": np.zeros(2), "docFreq": ["x"]}):
        with pytest.raises(BundleError):
            from_attributes(Operator, **values)
    assert from_attributes(Operator, idf=np.zeros(2)).doc_freq == (0, 0)


def dense_frame(spark: Any, rows: list[list[float]]) -> Any:
    from pyspark.ml.linalg import Vectors

    return spark.createDataFrame([(Vectors.dense(row),) for row in rows], ["v"])


def fitted(spark: Any, least: int) -> Any:
    from pyspark.ml.feature import IDF

    frame = dense_frame(spark, [[1.0, 0.0, 3.0], [1.0, 0.0, 0.0], [2.0, 1.0, 0.0]])
    return IDF(inputCol="v", outputCol="o", minDocFreq=least).fit(frame)
