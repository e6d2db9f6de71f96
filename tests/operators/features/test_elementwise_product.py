"""elementwise_product against Spark's ElementwiseProduct."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from text_cases import from_attributes
from vector_cases import ROWS, SPARSE, dense_frame, doubles, rows_of, sparse_frame, tame

from pipeline.columns import Sparse
from pipeline.errors import BundleError
from pipeline.operators.features.elementwise_product import ElementwiseProduct as Operator

NULL = "an infinity is null in its JSON"
MINUS_ZERO = "its JSON makes 0.0 of -0.0"


@pytest.mark.parametrize("weights", [[0.1, 0.0, -2.0], [math.nan, 1.0, 1e308]])
def test_elementwise_product(engines: Conformance, weights: list[float]) -> None:
    from pyspark.ml.linalg import Vectors

    engines.check(stage(Vectors.dense(weights)), dense_frame(engines.spark, ROWS))
    # What a sparse vector leaves out stays 0.0, and MLeap's runtime is given dense vectors here.
    frame = sparse_frame(engines.spark, SPARSE)
    engines.check(stage(Vectors.dense(weights)), frame, runtime_differs="the vectors are dense")


def test_sparse_vectors(engines: Conformance) -> None:
    from pyspark.ml.linalg import Vectors

    engines.check(stage(Vectors.dense(0.1, 0.0, 2.0)), sparse_frame(engines.spark, SPARSE))


def test_weights_that_json_has_not(engines: Conformance) -> None:
    from pyspark.ml.linalg import Vectors

    frame = dense_frame(engines.spark, ROWS)
    engines.check(stage(Vectors.dense(math.inf, 1.0, 1.0)), frame, serializer_differs=NULL)
    engines.check(
        stage(Vectors.dense(1.0, -0.0, 1.0)), frame, runtime_differs=MINUS_ZERO, serializer_differs=MINUS_ZERO
    )


def test_sparse_weights(engines: Conformance) -> None:
    from pyspark.ml.linalg import Vectors

    engines.check(stage(Vectors.sparse(3, {1: 2.5})), dense_frame(engines.spark, ROWS))
    engines.check(stage(Vectors.sparse(3, {1: 2.5})), sparse_frame(engines.spark, SPARSE))


def test_no_and_one_row(engines: Conformance) -> None:
    from pyspark.ml.linalg import Vectors

    for rows in ([], [[1.0, 2.0, 3.0]]):
        engines.check(stage(Vectors.dense(1.0, 2.0, 3.0)), dense_frame(engines.spark, rows))


@pytest.mark.parametrize("row", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_a_vector_of_another_length_is_refused(engines: Conformance, row: list[float]) -> None:
    from pyspark.ml.linalg import Vectors

    model = stage(Vectors.dense(1.0, 2.0, 3.0))
    engines.refuses(model, dense_frame(engines.spark, [row]), row=1, column="v")


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(weights=rows_of(tame, 3, 1), rows=rows_of(doubles, 3))
def test_any_vectors(engines: Conformance, weights: list[list[float]], rows: list[list[float]]) -> None:
    from pyspark.ml.linalg import Vectors

    engines.check(stage(Vectors.dense([one + 0.0 for one in weights[0]])), dense_frame(engines.spark, rows))


def test_wide_vectors_stay_sparse() -> None:
    size = 1 << 18
    column = Sparse(np.array([0, 1]), np.array([size - 1], dtype=np.int32), np.array([2.0]), size)
    made = Operator(np.full(size, 4.0)).apply([column])[0]
    assert isinstance(made, Sparse)
    assert made.values.tolist() == [8.0]


@pytest.mark.parametrize("values", [{}, {"scaling_vec": np.zeros((2, 2))}, {"scaling_vec": [1.0]}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def stage(weights: Any) -> Any:
    from pyspark.ml.feature import ElementwiseProduct

    return ElementwiseProduct(inputCol="v", outputCol="o", scalingVec=weights)
