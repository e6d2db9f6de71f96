"""Sums in order: the same to the last bit, row by row and column by column, whatever the shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.columns import Dense, Sparse
from pipeline.operators.sums import first_sums, inner_products, last_sums, pair_sums, row_sums, square_sums


def in_order(terms: list[float]) -> float:
    total = 0.0
    for term in terms:
        total += term
    return total


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@given(rows=st.sampled_from([1, 2, 31, 32, 100]), size=st.sampled_from([0, 1, 2, 7, 200]), seed=st.integers(0, 99))
def test_sums_add_one_term_after_the_other(dtype: type, rows: int, size: int, seed: int) -> None:
    terms = np.random.default_rng(seed).normal(0, 10, (rows, size)).astype(dtype)
    expected = [dtype(0)] * rows
    for row in range(rows):
        for term in terms[row]:
            expected[row] = dtype(expected[row] + term)
    assert last_sums(terms).tolist() == [float(one) for one in expected]
    assert first_sums(np.ascontiguousarray(terms.T)).tolist() == [float(one) for one in expected]


@given(rows=st.sampled_from([1, 31, 32, 90]), size=st.sampled_from([0, 1, 5, 130]), k=st.integers(1, 3))
def test_products_and_squares_are_those_of_a_loop(rows: int, size: int, k: int) -> None:
    rng = np.random.default_rng(rows * size + k)
    values, weights = rng.normal(0, 10, (rows, size)), rng.normal(0, 10, (k, size))
    products = [[in_order((row * weight).tolist()) for weight in weights] for row in values]
    assert pair_sums(values, weights, np.multiply).tolist() == products
    assert inner_products(Dense(values), weights).tolist() == products
    assert square_sums(values).tolist() == [in_order((row * row).tolist()) for row in values]


def test_sparse_rows_are_summed_in_the_order_of_their_entries() -> None:
    vectors = Sparse(np.array([0, 3, 3, 4]), np.array([0, 2, 4, 1]), np.array([1e16, 1.0, -1e16, 5.0]), 5)
    assert row_sums(vectors, vectors.values).tolist() == [0.0, 0.0, 5.0]
    assert inner_products(vectors, np.ones((1, 5))).tolist() == [[0.0], [0.0], [5.0]]
