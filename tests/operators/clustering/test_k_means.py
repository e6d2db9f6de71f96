"""k_means against Spark's KMeansModel."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_cases import GRID, grid_points, k_means_model, points, spark_and_scorer
from conformance import Conformance
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Dense, Sparse
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.clustering.k_means import KMeans as Operator

CENTERS = [[0.0, 0.0, 1.0], [5.0, 5.0, -2.0], [-3.0, 4.0, 0.5]]
ROWS = [[0.1, 0.2, 0.9], [4.0, 6.0, -1.0], [-2.0, 5.0, 0.0], [-0.0, 0.0, 0.0], [1e300, 1.0, 1.0], [7.0, 1.0, 3.0]]
SPARSE = [{0: 4.0, 1: 6.0}, {}, {1: 5.0, 2: -0.0}, {0: 5.0, 1: 5.0, 2: -2.0}]


@pytest.mark.parametrize("measure", ["euclidean", "cosine"])
def test_fitted(engines: Conformance, measure: str) -> None:
    from pyspark.ml.clustering import KMeans

    rows = np.random.default_rng(4).normal(size=(60, 3)) + np.repeat(np.eye(3) * 6, 20, axis=0)
    frame = points(engines.spark, rows.tolist(), 3)
    engines.check(KMeans(k=3, seed=1, distanceMeasure=measure, predictionCol="cluster").fit(frame), frame)


def test_dense_and_sparse_points(engines: Conformance) -> None:
    model = k_means_model(engines.spark, CENTERS)
    engines.check(model, points(engines.spark, ROWS, 3))
    engines.check(model, points(engines.spark, SPARSE, 3))
    engines.check(model, points(engines.spark, [ROWS[1], SPARSE[1]], 3))


def test_one_row_no_rows_one_center(engines: Conformance) -> None:
    engines.check(k_means_model(engines.spark, CENTERS), points(engines.spark, ROWS[1:2], 3))
    engines.check(k_means_model(engines.spark, CENTERS), points(engines.spark, [], 3))
    engines.check(k_means_model(engines.spark, CENTERS[1:2]), points(engines.spark, ROWS, 3))


def test_vectors_of_no_values(engines: Conformance) -> None:
    engines.check(k_means_model(engines.spark, [[]]), points(engines.spark, [[], {}], 0))


def test_infinity(engines: Conformance) -> None:
    rows = [[math.inf, 0.0, 0.0], [0.0, -math.inf, math.inf]]
    engines.check(k_means_model(engines.spark, CENTERS), points(engines.spark, rows, 3))


def test_cosine_of_centers_of_any_length(engines: Conformance) -> None:
    model = k_means_model(engines.spark, [[1.0, 0.1, 0.0], [50.0, 60.0, 0.0], [0.0, 0.0, 0.1]], "cosine")
    frame = points(engines.spark, [[3.0, 3.0, 0.0], [1e-3, 0.0, 0.0], {2: 4.0}], 3)
    engines.check(model, frame, serializer_differs="MLeap's serialiser leaves the distance measure out")


@pytest.mark.parametrize(
    ("row", "measure"),
    [([math.nan, 0.0, 0.0], "euclidean"), ({2: math.nan}, "cosine"), ([0.0, -0.0, 0.0], "cosine"), ({}, "cosine")],
)
def test_refused_points(engines: Conformance, row: Any, measure: str) -> None:
    frame = points(engines.spark, [ROWS[0], row], 3)
    engines.refuses(k_means_model(engines.spark, CENTERS, measure), frame, row=2, column="features")


def test_points_of_another_length(engines: Conformance) -> None:
    frame = points(engines.spark, [[1.0, 2.0]], 2)
    engines.refuses(k_means_model(engines.spark, CENTERS), frame, row=1, column="features")


def test_ties(engines: Conformance, tmp_path: Path) -> None:
    both = spark_and_scorer(engines, tmp_path)
    steps = np.arange(0.0, 4.0, 0.05)
    rows = [[step, other] for step in steps for other in (0.1, 0.3)]
    model = k_means_model(engines.spark, [[0.1, 0.2], [0.3, 0.2], [0.3, 0.2], [2.1, 0.2], [0.1, 0.2]])
    both.check(model, points(engines.spark, rows, 2))
    both.check(model, points(engines.spark, [dict(enumerate(row)) for row in rows], 2))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    centers=st.lists(st.lists(GRID, min_size=3, max_size=3), min_size=1, max_size=6),
    rows=grid_points(3),
)
def test_any_points(engines: Conformance, tmp_path: Path, centers: list[list[float]], rows: list[Any]) -> None:
    both = spark_and_scorer(engines, tmp_path)
    both.check(k_means_model(engines.spark, centers), points(engines.spark, rows, 3))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=grid_points(3))
def test_any_points_by_angle(engines: Conformance, tmp_path: Path, rows: list[Any]) -> None:
    # Spark's BLAS rounds in its own way, so no angle here is half way between two centers.
    model = k_means_model(engines.spark, [[0.31, 0.177, 0.9], [0.9, 0.31, 0.11], [-0.7, 0.2, 0.13]], "cosine")
    rows = [row for row in rows if any(row.values() if isinstance(row, dict) else row)]
    spark_and_scorer(engines, tmp_path).check(model, points(engines.spark, rows, 3))


def test_wide_points_stay_sparse() -> None:
    size = 1 << 18
    centers = np.zeros((2, size))
    centers[1, size - 1] = 4.0
    operator = from_attributes(Operator, cluster_centers=list(centers))
    indptr = np.array([0, 1, 1, 2])
    column = Sparse(indptr, np.array([size - 1, 0], dtype=np.int32), np.array([3.0, 1.0]), size)
    assert operator.apply([column])[0].values.tolist() == [1, 0, 0]


def test_rows_do_not_depend_on_each_other() -> None:
    rng = np.random.default_rng(1)
    operator = from_attributes(Operator, cluster_centers=list(rng.normal(size=(7, 90))))
    rows = rng.normal(size=(1000, 90))
    alone = [int(operator.apply([Dense(rows[at : at + 1])])[0].values[0]) for at in range(0, 1000, 50)]
    assert operator.apply([Dense(rows)])[0].values[::50].tolist() == alone


def test_hostile_attributes() -> None:
    good = np.ones(2)
    for values in (
        {},
        {"cluster_centers": []},
        {"cluster_centers": [good, np.ones(3)]},
        {"cluster_centers": [np.ones((2, 2))]},
        {"cluster_centers": [1.0]},
        {"cluster_centers": [np.array([math.nan, 1.0])]},
        {"cluster_centers": [np.zeros(2)], "distance_measure": "cosine"},
        {"cluster_centers": [good], "distance_measure": "manhattan"},
        {"cluster_centers": [good], "num_features": 3},
    ):
        with pytest.raises(BundleError):
            from_attributes(Operator, **values)
    with pytest.raises(RowError, match="a vector of 3 values"):
        from_attributes(Operator, cluster_centers=[good]).apply([Dense(np.zeros((1, 3)))])
