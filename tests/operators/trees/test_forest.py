"""Many trees walked at once, against each tree walked node by node."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.columns import Dense, Sparse
from pipeline.operators.base import RowError
from pipeline.operators.trees.forest import Forest, in_order
from pipeline.operators.trees.tree import LEAF, Categories, Tree

WIDTH = 6
cells = st.one_of(st.floats(-3, 3), st.integers(-1, 5).map(float), st.sampled_from([math.nan, math.inf, -0.0]))


@st.composite
def trees(draw: Any) -> Tree:
    """Any tree of a few levels, of both kinds of splits."""
    features: list[int] = []
    thresholds: list[float] = []
    categories: dict[int, Categories] = {}

    def grow(depth: int) -> None:
        if depth == 4 or draw(st.integers(0, 3)) == 0:
            features.append(LEAF)
            thresholds.append(0.0)
            return
        if draw(st.booleans()):
            listed = tuple(sorted(draw(st.sets(st.integers(0, 3)))))
            categories[len(features)] = Categories(listed, draw(st.booleans()), 4)
        features.append(draw(st.integers(0, WIDTH - 1)))
        thresholds.append(draw(st.floats(-3, 3)))
        grow(depth + 1)
        grow(depth + 1)

    grow(0)
    leaves = np.arange(features.count(LEAF), dtype=float)[:, None]
    return Tree(np.array(features), np.array(thresholds), categories, leaves)


def walked(tree: Tree, row: list[float]) -> float:
    """The leaf that a row comes to, one node after the other."""
    node = 0
    while tree.features[node] != LEAF:
        value = row[tree.features[node]]
        split = tree.categories.get(node)
        left = value <= tree.thresholds[node] if split is None else (value in split.listed) == split.left
        node = node + 1 if left else int(tree.rights[node])
    return float(np.count_nonzero(tree.features[:node] == LEAF))


@settings(max_examples=60)
@given(st.lists(trees(), min_size=1, max_size=5), st.lists(st.lists(cells, min_size=WIDTH, max_size=WIDTH), max_size=9))
def test_rows_come_to_the_leaves_of_each_tree(grown: list[Tree], rows: list[list[float]]) -> None:
    forest = Forest(grown)
    expected = [[walked(tree, row) for row in rows] for tree in grown]
    matrix = np.array(rows).reshape(-1, WIDTH)
    stored = matrix != 0
    indptr = np.concatenate([[0], np.cumsum(stored.sum(axis=1))])
    sparse = Sparse(indptr, np.nonzero(stored)[1].astype(np.int32), matrix[stored], WIDTH)
    for column in (Dense(matrix), sparse):
        assert forest.numbers[forest.leaves_of(column)].tolist() == expected


def chain(*features: int) -> Tree:
    """A tree whose left branches are leaves, one split below the other, all at 0.5."""
    nodes = [one for feature in features for one in (feature, LEAF)] + [LEAF]
    return Tree(np.array(nodes), np.full(len(nodes), 0.5), {}, np.arange(len(features) + 1.0)[:, None])


def test_many_rows_come_in_parts() -> None:
    values = np.random.default_rng(1).normal(size=(5000, WIDTH))
    forest = Forest([chain(0, 1, 2), chain(5), chain(3, 3)] * 20)
    whole = forest.leaves_of(Dense(values))
    assert (whole[:, 4321] == forest.leaves_of(Dense(values[4321:4322]))[:, 0]).all()


def test_wide_sparse_rows_are_not_made_dense() -> None:
    size, rows = 1 << 18, 200_000
    indices = np.tile(np.array([7, size - 1], dtype=np.int32), rows)
    column = Sparse(np.arange(0, 2 * rows + 1, 2), indices, np.tile([1.0, 0.0], rows), size)
    forest = Forest([chain(7, size - 1, 9)])
    assert set(forest.numbers[forest.leaves_of(column)[0]].tolist()) == {1.0}


@pytest.mark.parametrize("sparse", [False, True])
def test_a_short_vector_is_refused_only_where_a_split_looks_beyond_its_end(sparse: bool) -> None:
    forest = Forest([chain(0, 3)])
    matrix = np.array([[0.0, 0.0], [1.0, 0.0]])
    column: Any = Dense(matrix)
    if sparse:
        column = Sparse(np.array([0, 0, 1]), np.array([0], dtype=np.int32), np.array([1.0]), 2)
    with pytest.raises(RowError) as caught:
        forest.leaves_of(column)
    assert caught.value.row == 1
    assert forest.leaves_of(Dense(matrix[:1])).tolist() == [[0]]


def test_vectors_of_no_values() -> None:
    assert Forest([chain()]).leaves_of(Dense(np.zeros((3, 0)))).tolist() == [[0, 0, 0]]
    with pytest.raises(RowError):
        Forest([chain(0)]).leaves_of(Dense(np.zeros((3, 0))))


def test_sums_are_taken_in_order() -> None:
    terms = np.random.default_rng(2).normal(size=(1000, 1)) * 1e6
    expected = 0.0
    for term in terms[:, 0].tolist():
        expected += term
    assert in_order(terms).tolist() == [expected]
    assert math.copysign(1, in_order(np.array([-0.0]))) == 1
