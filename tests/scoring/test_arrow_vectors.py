"""Vectors as Spark lays them out: read as they are, refused where they contradict themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from pipeline.columns import Dense, Sparse
from pipeline.errors import DataError
from pipeline.scoring.arrow import VECTOR_UDT, from_arrow, to_arrow


def sparse(indices: list[int | None] | None, values: list[float | None] | None, size: int | None = 5) -> dict[str, Any]:
    return {"type": 0, "size": size, "indices": indices, "values": values}


def dense(*values: float | None) -> dict[str, Any]:
    return {"type": 1, "size": None, "indices": None, "values": list(values)}


def column(*rows: dict[str, Any] | None) -> Any:
    return pa.array(rows, VECTOR_UDT)


def test_dense_rows() -> None:
    made = from_arrow(column(dense(1, 2), dense(3, 4)), "v")
    assert isinstance(made, Dense)
    assert made.values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("chunked", [False, True])
def test_sparse_and_dense_rows_together(chunked: bool) -> None:
    rows = [sparse([1, 4], [7, 8]), dense(1, 2, 3, 4, 5), sparse([], []), sparse([0], [np.nan])]
    array = pa.chunked_array([column(*rows[:2]), column(*rows[2:])]) if chunked else column(*rows)
    made = from_arrow(array, "v")
    assert isinstance(made, Sparse)
    expected = [[0, 7, 0, 0, 8], [1, 2, 3, 4, 5], [0] * 5, [np.nan, 0, 0, 0, 0]]
    assert np.array_equal(made.dense().values, expected, equal_nan=True)
    only = from_arrow(column(*rows[2:]), "v")
    assert np.array_equal(only.dense().values, expected[2:], equal_nan=True)  # type: ignore[union-attr]


def test_there_and_back() -> None:
    made = Sparse(np.array([0, 2, 2, 3]), np.array([0, 2999, 7], dtype=np.int32), np.array([1.0, 2.0, 3.0]), 3000)
    again = from_arrow(to_arrow(made).slice(0, 3), "v")
    assert isinstance(again, Sparse)
    assert np.array_equal(again.dense().values, made.dense().values)
    assert len(from_arrow(to_arrow(made).slice(0, 0), "v")) == 0


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (None, "the vector is missing"),
        (sparse([1], None), "the vector is missing"),
        (sparse([1], [None]), "a value of the vector is missing"),
        (dense(1, 2, 3, None, 5), "a value of the vector is missing"),
        (dense(1, 2, 3), "a vector of 3 values; expected 5 values"),
        (sparse([1], [1.0], 6), "a vector of 6 values; expected 5 values"),
        (sparse([1, 2], [1.0]), "indices and values differ in number"),
        (sparse(None, [1.0]), "indices and values differ in number"),
        (sparse([5], [1.0]), "the vector's indices are wrong; expected rising indices from 0 to 4"),
        (sparse([-1], [1.0]), "the vector's indices are wrong"),
        (sparse([None], [1.0]), "the vector's indices are wrong"),
        (sparse([2, 1], [1.0, 2.0]), "the vector's indices are wrong"),
        (sparse([2, 2], [1.0, 2.0]), "the vector's indices are wrong"),
    ],
)
def test_a_vector_that_contradicts_itself(row: dict[str, Any] | None, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        from_arrow(column(sparse([3], [1.0]), sparse([], []), row, sparse([0, 4], [1.0, 2.0])), "v", 100)
    assert (caught.value.row, caught.value.column) == (103, "v")
    assert problem in caught.value.message


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([[1.0, 2.0], None], "the vector is missing"),
        ([[1.0, 2.0], [1.0, None]], "a value of the vector is missing"),
        ([[1.0, 2.0], [1.0, 2.0, 3.0]], "a vector of 3 values; expected 2 values"),
    ],
)
def test_a_list_that_is_no_vector(values: list[Any], problem: str) -> None:
    with pytest.raises(DataError, match=problem) as caught:
        from_arrow(pa.array(values, pa.list_(pa.float64())), "v", 5)
    assert (caught.value.row, caught.value.column) == (7, "v")


def test_a_type_that_cannot_be_scored() -> None:
    with pytest.raises(DataError, match=r"column 'v': values of Arrow type date32\[day\] cannot be scored"):
        from_arrow(pa.array([1], pa.int32()).cast(pa.date32()), "v")
