"""Compiled trees against libxgboost: every bit of every prediction and margin."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xgboost
from native_cases import booster
from scipy.sparse import csr_matrix

from pipeline.columns import Dense, Sparse
from pipeline.scoring import compiled_trees
from pipeline.scoring.booster import Booster

FEATURES = 7
OBJECTIVES = [
    *("reg:squarederror", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror", "reg:quantileerror"),
    *("reg:logistic", "binary:logistic", "binary:logitraw", "binary:hinge"),
    *("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "rank:pairwise"),
    *("multi:softprob", "multi:softmax"),
]
SETTINGS: dict[str, dict[str, Any]] = {
    "base score": {"base_score": 0.3},
    "one leaf": {"gamma": 1e9},
    "stumps": {"max_depth": 1},
    "deep": {"max_depth": 14, "min_child_weight": 0},
    "leaf-wise": {"grow_policy": "lossguide", "max_leaves": 40, "max_depth": 0},
    "parallel trees": {"num_parallel_tree": 3, "subsample": 0.5, "rounds": 3},
    "one tree": {"rounds": 1},
    "a whole bank": {"rounds": 8},
    "banks of many depths": {"rounds": 21, "max_depth": 9, "gamma": 3},
    "categories": {"feature_types": ["c"] + ["q"] * (FEATURES - 1), "max_cat_to_onehot": 3},
    "categories of classes": {
        "feature_types": ["c"] + ["q"] * (FEATURES - 1),
        "objective": "multi:softprob",
        "num_class": 3,
    },
}


def matrix(seed: int, rows: int) -> np.ndarray[Any, Any]:
    """Values beside and on the thresholds that trees of rounded values have; some missing."""
    random = np.random.default_rng(seed)
    made = random.normal(size=(rows, FEATURES)).round(1) + random.choice([0, 0.05, 1e-7, -1e-7], size=(rows, FEATURES))
    made[:, 0] = random.choice([*range(-2, 75), 1e30, 0.5], size=rows)
    made[random.random(made.shape) < 0.15] = np.nan
    return made


def check(model: bytes, *, zeros_are_missing: bool = False) -> Booster:
    found = Booster(model, zeros_are_missing=zeros_are_missing, threads=2)
    assert found.trees is not None
    for rows in (1, 2, 7, 8, 9, 300, 20_000):
        dense = Dense(matrix(rows, rows))
        stored = (dense.values != 0) & ~np.isnan(dense.values)
        indptr = np.concatenate([[0], np.cumsum(stored.sum(axis=1))]).astype(np.int64)
        sparse = Sparse(indptr, np.nonzero(stored)[1].astype(np.int32), dense.values[stored], FEATURES)
        for vectors in (dense, sparse):
            for margin in (False, True):
                made = found.predict(vectors, margin=margin)
                due = found._by_library(vectors, margin)
                assert made.shape == due.shape
                assert (made.view(np.int32) == due.view(np.int32)).all()
    return found


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_objectives(objective: str) -> None:
    classes = {"num_class": 3} if objective.startswith("multi") else {}
    extra = {"quantile_alpha": 0.3} if objective.endswith("quantileerror") else {}
    check(booster(np.random.default_rng(1), FEATURES, objective=objective, max_depth=4, **classes, **extra))


@pytest.mark.parametrize("name", SETTINGS)
def test_shapes(name: str) -> None:
    check(booster(np.random.default_rng(2), FEATURES, **SETTINGS[name]))


@pytest.mark.parametrize("seed", range(8))
def test_generated_models(seed: int) -> None:
    random = np.random.default_rng(seed)
    settings = {
        "max_depth": int(random.integers(1, 12)),
        "eta": float(random.uniform(0.01, 1)),
        "min_child_weight": float(random.choice([0, 1, 5])),
        "rounds": int(random.integers(1, 40)),
    }
    check(booster(random, FEATURES, **settings), zeros_are_missing=bool(seed % 2))


@pytest.mark.parametrize("kind", ["dart", "gblinear"])
def test_other_boosters_are_left_to_libxgboost(kind: str) -> None:
    found = Booster(booster(np.random.default_rng(1), FEATURES, booster=kind))
    assert found.trees is None
    assert np.isfinite(found.predict(Dense(np.zeros((3, FEATURES))))).all()


def test_trees_that_would_predict_otherwise_are_not_used() -> None:
    document = json.loads(_json(booster(np.random.default_rng(1), FEATURES)))
    from pipeline.scoring.compiled_trees import compiled_trees

    found = Booster(json.dumps(document).encode())

    def other(vectors: Dense, margin: bool) -> np.ndarray[Any, Any]:
        made = found._by_library(vectors, margin)
        made[-1] = np.nextafter(made[-1], np.float32(np.inf))
        return made

    for check_by, due in ((found._by_library, True), (other, False)):
        made = compiled_trees(document, FEATURES, check_by, zeros_are_missing=False, threads=1)
        assert (made is not None) is due


def _json(model: bytes) -> bytes:
    import xgboost

    return bytes(xgboost.Booster(model_file=bytearray(model)).save_raw("json"))


@pytest.mark.parametrize("zeros_are_missing", [False, True])
@pytest.mark.parametrize("name", ["base score", "one tree", "deep", "categories", "categories of classes"])
def test_only_features_that_trees_ask_for(monkeypatch: pytest.MonkeyPatch, name: str, zeros_are_missing: bool) -> None:
    monkeypatch.setattr(compiled_trees, "_NARROW", 1)
    monkeypatch.setattr(compiled_trees, "_FEW", 1)
    # Two splits of three outputs, or two trees of three: at least one of seven values is never asked for.
    settings = {**SETTINGS[name], "max_depth": 1 if "classes" in name else 2, "rounds": 2}
    found = check(booster(np.random.default_rng(4), FEATURES, **settings), zeros_are_missing=zeros_are_missing)
    assert found.trees is not None
    assert found.trees.features < FEATURES
    # Rows that end before the last feature, and entries beyond it.
    for width in (1, 3, 6):
        cells = matrix(width, 50)
        short = Dense(cells[:, :width])
        cells[:, width:] = np.nan
        assert (found.predict(short) == found._by_library(Dense(cells), False)).all()
    beyond = Sparse(np.array([0, 2, 3]), np.array([2, 40, 6], dtype=np.int32), np.array([0.1, 9.0, -0.3]), 50)
    within = Sparse(np.array([0, 1, 2]), np.array([2, 6], dtype=np.int32), np.array([0.1, -0.3]), FEATURES)
    assert (found.predict(beyond) == found.predict(within)).all()


def test_wide_rows_are_walked_with_few_places() -> None:
    wide = 1 << 18
    random = np.random.default_rng(5)
    places = np.sort(random.choice(wide, 400, replace=False))
    indices = np.concatenate([np.sort(random.choice(places, 20, replace=False)) for _ in range(500)]).astype(np.int32)
    column = Sparse(np.arange(0, 10_001, 20), indices, random.normal(size=10_000).round(1), wide)
    matrix = csr_matrix((column.values, column.indices, column.indptr), shape=(500, wide))
    data = xgboost.DMatrix(matrix, random.normal(size=500) + np.asarray(matrix.sum(axis=1)).ravel())
    model = bytes(xgboost.train({"max_depth": 4}, data, 20).save_raw("ubj"))
    for zeros_are_missing in (False, True):
        found = Booster(model, zeros_are_missing=zeros_are_missing, threads=1)
        assert found.trees is not None
        assert found.trees.features < 400
        assert (found.predict(column) == found._by_library(column, False)).all()
