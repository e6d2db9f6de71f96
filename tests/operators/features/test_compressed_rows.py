"""Rows that Spark's `Vector.compressed` stores dense or sparse, where NaN or infinity makes that tell."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conformance import Conformance, assert_same, plain, scorer_of, table_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.bundle import write_bundle
from pipeline.columns import Dense, Sparse
from pipeline.operators.features import vectors

WIDTH = 6
ODD = [0.0, 0.0, 0.0, 1.0, -2.5, 1e300, math.nan, math.inf, -math.inf]
ROWS = st.lists(st.lists(st.sampled_from(ODD), min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=30)
# A row that is sparse and one that is dense: with NaN, with infinity, and with neither.
CHOSEN = [
    [0.0, 0.0, math.nan, 0.0, 0.0, 0.0],
    [0.0, 1.0, math.nan, 2.0, 3.0, 4.0],
    [math.inf, 0.0, 0.0, 0.0, 0.0, 1.0],
    [math.inf, 1.0, 0.0, 2.0, -math.inf, 4.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    [0.0, 2.0, 3.0, 4.0, 5.0, 1.0],
]
MAKERS = ["VectorAssembler", "MinMaxScaler", "Interaction"]
READERS = ["Normalizer", "PolynomialExpansion", "ElementwiseProduct", "VectorSlicer"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("maker", MAKERS)
def test_chosen_rows(engines: Conformance, tmp_path: Path, maker: str, reader: str) -> None:
    agree(engines.spark, tmp_path, CHOSEN, maker, reader)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, maker=st.sampled_from(MAKERS), reader=st.sampled_from(READERS))
def test_any_rows(engines: Conformance, tmp_path: Path, rows: list[list[float]], maker: str, reader: str) -> None:
    agree(engines.spark, tmp_path, rows, maker, reader)


@given(rows=ROWS)
def test_sparse_and_dense_columns_come_to_the_same(rows: list[list[float]]) -> None:
    matrix = np.array(rows)
    odd = ~np.isfinite(matrix).all(axis=1)
    dense, sparse = (vectors.compressed(column) for column in (Dense(matrix), entries(matrix)))
    np.testing.assert_array_equal(sparse.dense().values if isinstance(sparse, Sparse) else None, matrix)
    if isinstance(dense, Sparse):
        for row in np.flatnonzero(odd):
            assert stored(dense, row) == stored(sparse, row)  # type: ignore[arg-type]
    else:
        np.testing.assert_array_equal(dense.values, matrix)
        assert all(len(stored(sparse, row)) == WIDTH for row in np.flatnonzero(odd))  # type: ignore[arg-type]


def test_usual_rows_stay_as_they_are() -> None:
    matrix = np.eye(4)
    for column in (Dense(matrix), entries(matrix)):
        assert vectors.compressed(column) is column


def agree(spark: Any, folder: Path, rows: list[list[float]], maker: str, reader: str) -> None:
    """Spark's columns are the scorer's."""
    from pyspark.ml import PipelineModel, feature
    from pyspark.ml.linalg import Vectors

    names = [f"c{at}" for at in range(WIDTH)]
    frame = spark.createDataFrame(rows, ", ".join(f"{name} double" for name in names))
    stages = [feature.VectorAssembler(inputCols=names, outputCol="v", handleInvalid="keep")]
    if maker == "MinMaxScaler":
        usual = spark.createDataFrame([(Vectors.dense([0.0] * WIDTH),), (Vectors.dense([9.0] * WIDTH),)], ["v"])
        stages.append(feature.MinMaxScaler(inputCol="v", outputCol="made").fit(usual))
    elif maker == "Interaction":
        # Of a vector of one value: rows with another size have other zeros.
        stages.append(feature.Interaction(inputCols=["c0", "v"], outputCol="made"))
    source = stages[-1].getOutputCol()
    parameters: dict[str, Any] = {
        "PolynomialExpansion": {"degree": 2},
        "ElementwiseProduct": {"scalingVec": Vectors.dense([0.0, 2.0] * (WIDTH // 2))},
        "VectorSlicer": {"indices": [2, 0, 5]},
    }
    stages.append(getattr(feature, reader)(inputCol=source, outputCol="read", **parameters.get(reader, {})))
    stages.append(feature.Normalizer(inputCol="read", outputCol="normal"))
    model = PipelineModel(stages)
    wanted = [stage.getOutputCol() for stage in stages]
    collected = model.transform(frame).select(*wanted).collect()
    made = scorer_of(write_bundle(model, folder / "bundle.zip", frame), frame).transform(table_of(frame), wanted)
    for name in wanted:
        expected = [plain(row[name]) for row in collected]
        assert_same(expected, [plain(value) for value in made[name].to_pylist()], 0.0, f"{name}: {maker}, {reader}")


def entries(matrix: np.ndarray[Any, Any]) -> Sparse:
    return vectors.stored_entries(matrix, matrix != 0)


def stored(column: Sparse, row: int) -> list[int]:
    found: list[int] = column.indices[column.indptr[row] : column.indptr[row + 1]].tolist()
    return found
