"""pca against Spark's PCAModel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes
from vector_cases import dense_frame, rows_of, sparse_frame

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.features.pca import PCA as Operator

FIT = [[1.0, 0.1, 7.0], [2.5, -3.0, 6.5], [-4.0, 11.0, 7.0], [0.0, 0.3, -1.0]]
# BLAS sums in an order of its own.
RTOL = 1e-12
small = st.floats(-10, 10, allow_subnormal=False)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_pca(engines: Conformance, k: int) -> None:
    model = fitted(engines.spark, k)
    engines.check(model, dense_frame(engines.spark, [*FIT, [0.0, -0.0, 0.0], [math.nan, 1.0, 2.0]]), rtol=RTOL)
    engines.check(model, sparse_frame(engines.spark, [{0: 1.5, 2: -3.0}, {}, {1: 2.5}]), rtol=RTOL)


def test_no_and_one_row(engines: Conformance) -> None:
    for rows in ([], [[1.0, 2.0, 3.0]]):
        engines.check(fitted(engines.spark, 2), dense_frame(engines.spark, rows), rtol=RTOL)


@pytest.mark.parametrize("row", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_a_vector_of_another_length_is_refused(engines: Conformance, row: list[float]) -> None:
    engines.refuses(fitted(engines.spark, 2), dense_frame(engines.spark, [row]), row=1, column="v")


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(small, 3))
def test_any_vectors(engines: Conformance, rows: list[list[float]]) -> None:
    engines.check(fitted(engines.spark, 2), dense_frame(engines.spark, rows), rtol=RTOL)


def test_a_row_is_the_same_alone_in_company_and_sparse() -> None:
    random = np.random.default_rng(5)
    operator = Operator(random.normal(size=(400, 7)))
    rows = random.normal(size=(500, 400))
    together = operator.apply([Dense(rows)])[0].values
    alone = np.concatenate([operator.apply([Dense(row[np.newaxis])])[0].values for row in rows])
    indptr, indices = np.arange(501) * 400, np.tile(np.arange(400, dtype=np.int32), 500)
    sparse = operator.apply([Sparse(indptr, indices, rows.ravel(), 400)])[0].values
    assert together.tobytes() == alone.tobytes() == sparse.tobytes()


@pytest.mark.parametrize("values", [{}, {"principal_components": np.zeros(3)}, {"principal_components": "x"}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def test_a_matrix_is_written_column_by_column() -> None:
    operator = Operator([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    written = operator.attributes()["principal_components"]
    assert written["double"] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [one["size"] for one in written["shape"]["dimensions"]] == [3, 2]


def fitted(spark: Any, k: int) -> Any:
    from pyspark.ml.feature import PCA

    return PCA(inputCol="v", outputCol="o", k=k).fit(dense_frame(spark, FIT))
