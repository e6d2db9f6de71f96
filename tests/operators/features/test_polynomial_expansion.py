"""polynomial_expansion against Spark's PolynomialExpansion."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes
from vector_cases import ODD, ROWS, SPARSE, dense_frame, doubles, rows_of, sparse_frame

from pipeline.bundle.writer import bundle_files
from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.base import RowError
from pipeline.operators.features.polynomial_expansion import PolynomialExpansion as Operator


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
def test_polynomial_expansion(engines: Conformance, degree: int) -> None:
    engines.check(stage(degree), dense_frame(engines.spark, ROWS))
    # Spark's sparse rows leave out the products with what they do not store, also those of NaN.
    differs = "MLeap's runtime multiplies NaN with the zeros of a sparse vector" if degree > 1 else None
    rows = [*SPARSE, {0: 0.1, 1: 3.0, 2: -0.7}]
    engines.check(stage(degree), sparse_frame(engines.spark, rows), runtime_differs=differs)


def test_mleap_runs_it_where_the_length_is_known(engines: Conformance) -> None:
    from pyspark.ml import PipelineModel
    from pyspark.ml.feature import VectorAssembler

    frame = engines.spark.createDataFrame([(0.1, -0.0, 3.0), (math.inf, 2.0, 0.0)], "x double, y double, z double")
    assembler = VectorAssembler(inputCols=["x", "y", "z"], outputCol="v")
    scorer = engines.check(PipelineModel([assembler, stage(3)]), frame)
    assert scorer.bundle.nodes[-1].operator.in_mleap


def test_one_feature_and_many(engines: Conformance) -> None:
    engines.check(stage(4), dense_frame(engines.spark, [[value] for value in ODD]))
    engines.check(stage(2), dense_frame(engines.spark, [np.linspace(-3, 3, 40).tolist()]))
    engines.check(stage(3), sparse_frame(engines.spark, [{0: 1.1, 39: 0.3}, {7: -2.0, 8: 3.0, 20: 0.1}, {}], 40))


def test_no_rows(engines: Conformance) -> None:
    engines.check(stage(2), dense_frame(engines.spark, []))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(doubles, 4, 20), degree=st.integers(1, 4))
def test_any_vectors(engines: Conformance, rows: list[list[float]], degree: int) -> None:
    engines.check(stage(degree), dense_frame(engines.spark, rows))
    engines.check(stage(degree), sparse_frame(engines.spark, [dict(enumerate(row)) for row in rows], 4))


def test_wide_vectors_stay_sparse() -> None:
    size = 60_000
    column = Sparse(np.array([0, 0, 2]), np.array([3, size - 1], dtype=np.int32), np.array([3.0, 4.0]), size)
    made = Operator(2).apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.size == (size + 2) * (size + 1) // 2 - 1
    assert made.indptr.tolist() == [0, 0, 5]
    assert (made.values.tolist(), made.indices[-1]) == ([3.0, 9.0, 4.0, 12.0, 16.0], made.size - 1)


def test_too_many_products_are_refused(spark: Any) -> None:
    with pytest.raises(RowError, match="too many products"):
        Operator(4).apply([Dense(np.zeros((1, 300)))])
    with pytest.raises(RowError, match="too many products"):
        Operator(2).apply([Sparse(np.array([0, 0]), np.zeros(0, dtype=np.int32), np.zeros(0), 1 << 18)])
    with pytest.raises(UnsupportedStageError, match="degree 65"):
        bundle_files(stage(65))


@pytest.mark.parametrize(
    "values",
    [{}, {"degree": 0}, {"degree": 1 << 31}, {"degree": 2, "input_size": 1 << 31}, {"degree": 2, "input_size": -1}],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def stage(degree: int) -> Any:
    from pyspark.ml.feature import PolynomialExpansion

    return PolynomialExpansion(inputCol="v", outputCol="o", degree=degree)
