"""Differences to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.columns import Dense, Sparse
from pipeline.errors import PipelineError
from pipeline.verification.compare import differences, matrix

ONE = np.array([[0.1, np.nan, np.inf], [-0.0, 5e-324, -2.0]])
OTHER_NAN = np.array([0xFFF8_0000_0000_0001], dtype=np.uint64).view(np.float64)[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_same_values(dtype: type) -> None:
    one = ONE.astype(dtype)
    assert differences(one, one.copy()) == 0
    assert differences(np.asfortranarray(one), one) == 0
    assert differences(one[:0], one[:0]) == 0


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        ((0, 0), np.nextafter(0.1, 1), 1),
        ((0, 0), np.nan, 1),
        ((0, 1), 0.0, 1),
        ((0, 1), OTHER_NAN, 0),
        ((0, 2), -np.inf, 1),
        ((1, 0), 0.0, 1),
        ((1, 1), 0.0, 1),
    ],
)
def test_one_other_value(place: tuple[int, int], value: float, expected: int) -> None:
    other = ONE.copy()
    other[place] = value
    assert differences(ONE, other) == differences(other, ONE) == expected


@given(st.lists(st.tuples(st.floats(), st.floats())))
def test_each_pair_counts_once(pairs: list[tuple[float, float]]) -> None:
    def same(one: float, other: float) -> bool:
        return repr(one) == repr(other)

    left, right = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    assert differences(left, right) == sum(not same(one, other) for one, other in pairs)


@pytest.mark.parametrize("other", [ONE[:1], ONE.ravel(), ONE.astype(np.float32)])
def test_what_cannot_be_compared(other: np.ndarray) -> None:
    with pytest.raises(PipelineError, match="cannot be compared"):
        differences(ONE, other)


def test_chunks_dense_and_sparse_are_one_matrix() -> None:
    sparse = Sparse(np.array([0, 1, 1]), np.array([2], dtype=np.int32), np.array([7.0]), 3)
    made = matrix([Dense(ONE), sparse])
    assert differences(made, np.vstack([ONE, [[0, 0, 7.0], [0, 0, 0]]])) == 0
