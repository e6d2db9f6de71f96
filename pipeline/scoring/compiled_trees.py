"""A booster's trees for the compiled kernels: flat arrays, and the proof that they predict as libxgboost does."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.columns import Dense, Sparse, Vectors
from pipeline.native import kernels

Array = np.ndarray[Any, Any]

# As in trees.h.
_SPLIT = np.dtype([("threshold", "<f4"), ("asks", "<u4")])
_IDENTITY, _SIGMOID, _EXP, _SOFTMAX, _ARGMAX, _STEP = range(6)

# How an objective makes predictions of margins, and the margin of its base score.
_LOGIT = {"binary:logistic": _SIGMOID, "reg:logistic": _SIGMOID}
_LOG = {"count:poisson": _EXP, "reg:gamma": _EXP, "reg:tweedie": _EXP, "survival:cox": _EXP, "survival:aft": _EXP}
_PLAIN = {
    "reg:squarederror": _IDENTITY,
    "reg:squaredlogerror": _IDENTITY,
    "reg:pseudohubererror": _IDENTITY,
    "reg:absoluteerror": _IDENTITY,
    "reg:quantileerror": _IDENTITY,
    "rank:pairwise": _IDENTITY,
    "rank:ndcg": _IDENTITY,
    "rank:map": _IDENTITY,
    "binary:logitraw": _IDENTITY,
    "binary:hinge": _STEP,
    "multi:softprob": _SOFTMAX,
    "multi:softmax": _ARGMAX,
}
_LINKS = {**_LOGIT, **_LOG, **_PLAIN}

# trees.h's.
_LANES = 8
# A complete tree has twice the places with every level; deeper trees are linked.
_MOST_COMPLETE = 9

# Rows that a thread is worth starting for.
_THREAD_ROWS = 8192
_PROBE_ROWS, _PROBE_CELLS = 256, 1 << 22
# Wider rows are left to libxgboost, which holds no row whole.
_MOST_FEATURES = 1 << 20
# Of rows wider than this only those features are kept that a tree asks for, where these are few.
_NARROW, _FEW = 4096, 4


@dataclass(frozen=True)
class _Given:
    """What a model says besides its trees; `groups_of` is each tree's output, `base` where the outputs' sums begin."""

    features: int
    link: int
    groups_of: Array
    base: Array
    zeros_are_missing: bool
    threads: int


class CompiledTrees:
    """What `compiled_trees` makes; safe to share between threads.

    `owner` is the kernels' own and takes rows of `features` values: those of the model's features that are `asked`
    for. `width` is how many values a prediction has.
    """

    def __init__(self, forest: _Forest, given: _Given) -> None:
        self._used, self._places = _asked_for(forest, given.features)
        self.asked = np.arange(given.features) if self._used is None else self._used
        self.features = len(self.asked)
        complete = forest.depths.max() <= _MOST_COMPLETE and not forest.has_categories
        self.owner = kernels().new_trees(
            forest.depths,
            given.groups_of,
            given.base,
            _complete(forest) if complete else None,
            None if complete else _linked(forest),
            self.features,
            given.link,
        )
        self.zeros_are_missing = given.zeros_are_missing
        self.width = 1 if given.link == _ARGMAX else len(given.base)
        self._groups = len(given.base)
        self._threads = given.threads

    def predict(self, vectors: Vectors, *, margin: bool = False) -> Array:
        """See Booster.predict."""
        wide = self._groups if margin else self.width
        made = np.empty((len(vectors), wide), dtype=np.float32)
        parts = max(1, min(self._threads, len(vectors) // _THREAD_ROWS))
        if parts == 1:
            self._predict(vectors, margin, made)
        else:
            step = -(-len(vectors) // parts)
            slices = [slice(at, at + step) for at in range(0, len(vectors), step)]
            with ThreadPoolExecutor(parts) as pool:
                list(pool.map(lambda part: self._predict(_rows(vectors, part), margin, made[part]), slices))
        return made[:, 0] if wide == 1 else made

    def _predict(self, vectors: Vectors, margin: bool, made: Array) -> None:
        vectors = self._narrowed(vectors)
        if isinstance(vectors, Dense):
            matrix = np.ascontiguousarray(vectors.values, dtype=np.float64)
            rows, width = matrix.shape
            kernels().predict(self.owner, matrix, rows, width, margin, self.zeros_are_missing, made)
            return
        arrays = (
            np.ascontiguousarray(part, dtype=dtype)
            for part, dtype in ((vectors.indptr, np.int64), (vectors.indices, np.int32), (vectors.values, np.float64))
        )
        kernels().predict_sparse(self.owner, *arrays, margin, self.zeros_are_missing, made)

    def _narrowed(self, vectors: Vectors) -> Vectors:
        """The vectors without what no tree asks for; what a row is too short for stays so."""
        if self._used is None or self._places is None:
            return vectors
        if isinstance(vectors, Dense):
            # Those that are there come first.
            return Dense(vectors.values[:, self._used[: np.searchsorted(self._used, vectors.size)]])
        places = self._places[np.minimum(vectors.indices, len(self._places) - 1)]
        kept = places >= 0
        indptr = np.concatenate([[0], np.cumsum(kept)])[vectors.indptr]
        return Sparse(indptr, places[kept], vectors.values[kept], len(self._used))


def compiled_trees(
    document: Mapping[str, Any],
    features: int,
    check: Callable[[Dense, bool], Array],
    *,
    zeros_are_missing: bool,
    threads: int,
) -> CompiledTrees | None:
    """A checked model's trees, compiled; None where there are no kernels, or they would not predict the same.

    `check` are libxgboost's predictions of vectors, margins where its second argument is true: on rows at and beside
    the trees' own thresholds both must agree in every bit.
    """
    if kernels() is None:
        return None
    learner = document["learner"]
    objective, booster = learner["objective"]["name"], learner["gradient_booster"]
    if booster["name"] != "gbtree" or objective not in _LINKS or not booster["model"]["trees"]:
        return None
    if features > _MOST_FEATURES:
        return None
    param = learner["learner_model_param"]
    groups = max(1, int(param["num_class"]), int(param.get("num_target", 1)))
    base = _base_margins(param["base_score"], objective, groups)
    if base is None:
        return None
    groups_of = np.asarray(booster["model"]["tree_info"], dtype=np.int32)
    forest = _Forest(booster["model"]["trees"])
    given = _Given(features, _LINKS[objective], groups_of, base, zeros_are_missing=zeros_are_missing, threads=threads)
    made = CompiledTrees(forest, given)
    rows = Dense(_probes(forest, features))
    same = all(_same(made.predict(rows, margin=margin), check(rows, margin)) for margin in (True, False))
    return made if same else None


def _same(made: Array, due: Array) -> bool:
    return made.shape == due.shape and bool((made.view(np.int32) == due.view(np.int32)).all())


def _base_margins(text: Any, objective: str, groups: int) -> Array | None:
    """Where the sums begin: XGBoost saves the base score as a prediction."""
    scores = [np.float32(part) for part in str(text).strip("[]").split(",")]
    scores = scores * groups if len(scores) == 1 else scores
    if len(scores) != groups:
        return None
    try:
        if objective in _LOGIT:
            margins = [-math.log(np.float32(1) / score - np.float32(1)) for score in scores]
        elif objective in _LOG:
            margins = [math.log(score) for score in scores]
        else:
            margins = [float(score) for score in scores]
    except (ValueError, ZeroDivisionError):
        return None
    return np.array(margins, dtype=np.float32)


class _Forest:
    """All trees' nodes end to end, as XGBoost numbers them. A leaf is its own child, and its `values` its value."""

    def __init__(self, trees: Sequence[Mapping[str, Any]]) -> None:
        self.trees = trees
        sizes = [len(tree["left_children"]) for tree in trees]
        self.roots = np.cumsum([0, *sizes[:-1]])
        shift = np.repeat(self.roots, sizes)
        left = _joined(trees, "left_children", np.int64)
        self.leaf = left < 0
        own = np.arange(len(left))
        self.left = np.where(self.leaf, own, left + shift)
        self.right = np.where(self.leaf, own, _joined(trees, "right_children", np.int64) + shift)
        self.values = _joined(trees, "split_conditions", np.float32)
        self.features = np.where(self.leaf, 0, _joined(trees, "split_indices", np.uint32)).astype(np.uint32)
        missing_left = _joined(trees, "default_left", np.bool_) & ~self.leaf
        self.splits = np.empty(len(left), dtype=_SPLIT)
        self.splits["threshold"] = np.where(self.leaf, np.float32(np.nan), self.values)
        self.splits["asks"] = 2 * self.features + missing_left
        self.levels, self.depths = self._levels(np.repeat(np.arange(len(sizes)), sizes))
        self.has_categories = any(len(tree["categories_nodes"]) for tree in trees)

    def _levels(self, tree_of: Array) -> tuple[list[Array], Array]:
        """The nodes that can be reached, level by level, children side by side, and each tree's depth."""
        depths = np.zeros(len(self.roots), dtype=np.int32)
        levels = [self.roots]
        while len(inner := levels[-1][~self.leaf[levels[-1]]]):
            levels.append(np.column_stack([self.left[inner], self.right[inner]]).ravel())
            depths[tree_of[inner]] = len(levels) - 1
        return levels, depths


def _asked_for(forest: _Forest, features: int) -> tuple[Array | None, Array | None]:
    """The features that a tree asks for, and the place of each feature among them, -1 for others and beyond the last.

    None where rows are narrow, or trees ask for many. The trees ask by these places then.
    """
    inner = ~forest.leaf
    used = np.unique(forest.features[inner]).astype(np.int64)
    if features <= _NARROW or len(used) > features // _FEW or not len(used):
        return None, None
    places = np.full(features + 1, -1, dtype=np.int32)
    places[used] = np.arange(len(used), dtype=np.int32)
    asked = np.where(inner, places[forest.features], 0).astype(np.uint32)
    forest.splits["asks"] = 2 * asked + (forest.splits["asks"] & 1)
    return used, places


def _complete(forest: _Forest) -> tuple[Array, ...]:
    """The trees as trees.h's Complete."""
    trees = len(forest.roots)
    banks = -(-trees // _LANES)
    depths = np.maximum.reduceat(forest.depths, np.arange(0, trees, _LANES)).astype(np.int32)
    leaves = _LANES << depths
    first_split, first_leaf = (np.cumsum([0, *sizes[:-1]]).astype(np.int32) for sizes in (leaves - _LANES, leaves))
    # At least one, whatever it holds.
    splits = np.zeros(max(1, int((leaves - _LANES).sum())), dtype=_SPLIT)
    values = np.zeros(int(leaves.sum()), dtype=np.float32)
    # What fills the last bank up is its last tree again.
    roots = forest.roots[np.minimum(np.arange(banks * _LANES), trees - 1)].reshape(banks, _LANES)
    for depth in np.unique(depths).tolist():
        which = np.flatnonzero(depths == depth)
        level = roots[which]
        for above in range(depth):
            start = (_LANES << above) - _LANES
            splits[first_split[which, None] + start + np.arange(level.shape[1])] = forest.splits[level]
            level = np.stack([forest.left[level], forest.right[level]], axis=2).reshape(len(which), -1)
        values[first_leaf[which, None] + np.arange(level.shape[1])] = forest.values[level]
    return splits, values, depths, first_split, first_leaf


def _linked(forest: _Forest) -> tuple[Array | None, ...]:
    """The trees as trees.h's Linked."""
    order = np.concatenate(forest.levels)
    order = order[np.argsort(np.searchsorted(forest.roots, order, side="right"), kind="stable")]
    place = np.zeros(len(forest.leaf), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    leaf = forest.leaf[order]
    left = np.where(leaf, np.arange(len(order)) - 1, place[forest.left[order]]).astype(np.int32)
    return forest.splits[order], left, forest.values[order], place[forest.roots], *_sets(forest, place, len(order))


def _joined(trees: Sequence[Mapping[str, Any]], name: str, dtype: Any) -> Array:
    return np.concatenate([np.asarray(tree[name]) for tree in trees]).astype(dtype)


def _sets(forest: _Forest, place: Array, count: int) -> tuple[Array | None, Array | None]:
    """Where each node's set of categories begins, and the sets; None where there are none."""
    category = np.full(count, -1, dtype=np.int64)
    words: list[int] = []
    for tree, root in zip(forest.trees, forest.roots.tolist(), strict=True):
        listed = np.asarray(tree["categories"]).tolist()
        parts = (np.asarray(tree[f"categories_{part}"]).tolist() for part in ("nodes", "segments", "sizes"))
        for node, start, size in zip(*parts, strict=True):
            bits = 0
            for member in listed[start : start + size]:
                bits |= 1 << member
            own = [bits >> shift & 0xFFFFFFFF for shift in range(0, max(1, bits.bit_length()), 32)]
            category[place[root + node]] = len(words)
            words += [len(own), *own]
    return (category, np.array(words, dtype=np.uint32)) if words else (None, None)


def _probes(forest: _Forest, features: int) -> Array:
    """Rows whose values stand at the trees' thresholds, a float below or above them, or are missing."""
    random = np.random.default_rng(0)
    rows = max(8, min(_PROBE_ROWS, _PROBE_CELLS // max(1, features)))
    made = random.normal(size=(rows, features)).astype(np.float32)
    inner = np.flatnonzero(~forest.leaf)
    if len(inner):
        picked = inner[random.integers(len(inner), size=(rows, min(4 * features, 256)))]
        thresholds = forest.values[picked]
        beside = np.nextafter(thresholds, np.float32(np.inf)), np.nextafter(thresholds, np.float32(-np.inf))
        values = np.choose(random.integers(3, size=picked.shape), [thresholds, *beside])
        made[np.arange(rows)[:, None], forest.features[picked]] = values
    made[random.random(made.shape) < 0.1] = np.nan
    return made.astype(np.float64)


def _rows(vectors: Vectors, rows: slice) -> Vectors:
    if isinstance(vectors, Dense):
        return Dense(vectors.values[rows])
    indptr = vectors.indptr[rows.start : rows.stop + 1]
    part = slice(int(indptr[0]), int(indptr[-1]))
    return Sparse(indptr - indptr[0], vectors.indices[part], vectors.values[part], vectors.size)
