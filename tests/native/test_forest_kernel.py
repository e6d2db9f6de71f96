"""Spark's trees by the kernel against the walk in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from native_cases import random_tree

from pipeline.columns import Dense
from pipeline.operators.trees.forest import Forest


@pytest.mark.parametrize("seed", range(10))
def test_the_same_leaves(seed: int) -> None:
    random = np.random.default_rng(seed)
    trees = [random_tree(random, 5, int(random.integers(0, 9))) for _ in range(int(random.integers(1, 30)))]
    fast, slow = Forest(trees), Forest(trees)
    slow.__dict__["kernel"] = None
    assert fast.kernel is not None
    for rows in (0, 1, 7, 8, 500):
        values = random.choice([0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 0.3, random.normal()], size=(rows, 6))
        assert (fast.leaves_of(Dense(values)) == slow.leaves_of(Dense(values))).all()
