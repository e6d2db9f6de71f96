"""Many decision trees walked at once: rows by trees, level by level."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Iterator, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.native import kernels
from pipeline.operators.base import RowError
from pipeline.operators.row_code import TREES, Lowered, Place, RowCode, VectorPlace
from pipeline.operators.trees.tree import LEAF, Tree

# As in native/forest.h.
_NODE = np.dtype([("threshold", "<f8"), ("feature", "<i4"), ("left", "<i4")])

# What is walked at once stays in the processor's cache; sparse rows are made dense no more at a time than this.
_PAIRS, _CELLS = 1 << 16, 4 << 20


class Forest:
    """Trees laid end to end in flat arrays.

    A value that is at most the threshold goes left, NaN right; a category that is unknown, NaN among them, goes the way
    of those that the split does not list. `leaves` holds the values of all leaves, of shape (leaves, values),
    `numbers` the number of each leaf within its tree from the left, as float64.
    Source: org.apache.spark.ml.tree.Node, ContinuousSplit, CategoricalSplit.
    """

    def __init__(self, trees: Sequence[Tree]) -> None:
        self.leaves = np.concatenate([tree.leaves for tree in trees])
        self.numbers = np.concatenate([np.arange(len(tree.leaves), dtype=np.float64) for tree in trees])
        sizes = [len(tree.features) for tree in trees]
        self._roots = np.cumsum([0, *sizes[:-1]], dtype=np.intp)
        self._depth = max(tree.depth for tree in trees)
        features = np.concatenate([tree.features for tree in trees])
        leaf = features == LEAF
        # A leaf looks at any feature and stays where it is.
        self._features = np.where(leaf, 0, features)
        self._thresholds = np.concatenate([tree.thresholds for tree in trees])
        self._children = np.empty((len(features), 2), dtype=np.intp)
        self._children[:, 0] = np.concatenate([tree.rights for tree in trees]) + np.repeat(self._roots, sizes)
        self._children[:, 1] = np.arange(len(features)) + ~leaf
        self._leaf_of = np.cumsum(leaf) - 1
        self._leaf = leaf
        self._used = np.unique(self._features)
        self._set_categories(trees)

    def _set_categories(self, trees: Sequence[Tree]) -> None:
        splits = [
            (int(root) + node, split)
            for root, tree in zip(self._roots, trees)
            for node, split in tree.categories.items()
        ]
        self._categorical = np.zeros(len(self._features), dtype=bool)
        self._lists_left = np.zeros(len(self._features), dtype=bool)
        self._any_categorical = bool(splits)
        # One sorted array of (node, category): its size is that of the lists, whatever the categories' numbers.
        self._stride = 1 + max((split.count for _, split in splits), default=0)
        keys = [node * self._stride + category for node, split in splits for category in split.listed]
        self._keys = np.array([*sorted(set(keys)), np.iinfo(np.int64).max], dtype=np.int64)
        for node, split in splits:
            self._categorical[node] = True
            self._lists_left[node] = split.left

    def leaves_of(self, column: AnyColumn) -> "np.ndarray[Any, Any]":
        """The leaf that each row comes to in each tree, as rows of `leaves`, of shape (trees, rows).

        Raises RowError where a tree asks for a feature beyond a vector's end; that a vector is longer does not matter.
        """
        assert isinstance(column, (Dense, Sparse))
        trees = len(self._roots)
        if isinstance(column, Dense) and column.size > self._used[-1] and self.kernel is not None:
            return self._leaves_by_kernel(column)
        features, children, beyond = self._features, self._children, None
        if column.size <= int(self._used[-1]):
            beyond = (features >= column.size) & ~self._leaf
            features = np.where(beyond, 0, features)
            # A split that cannot be taken ends the walk, as a leaf does.
            children = np.where(beyond[:, None], np.arange(len(features))[:, None], children)
        if isinstance(column, Sparse):
            features = np.searchsorted(self._used, features)
        ends = np.empty((trees, len(column)), dtype=np.intp)
        for start, cells in self._parts(column, max(1, _PAIRS // trees)):
            ends[:, start : start + len(cells)] = self._walk(cells, features, children.ravel())
        if beyond is not None and beyond[ends].any():
            row = int(np.argmax(beyond[ends].any(axis=0)))
            raise RowError(f"a vector of {column.size} values", row=row, expected=f"{int(self._used[-1]) + 1} values")
        found: "np.ndarray[Any, Any]" = self._leaf_of[ends]
        return found

    @cached_property
    def kernel(self) -> Any:
        """The compiled forest, or None where there are no kernels or a split is on categories."""
        if kernels() is None or self._any_categorical:
            return None
        nodes, place = self._siblings_together()
        leaf = self._leaf[nodes]
        made = np.empty(len(nodes), dtype=_NODE)
        made["threshold"] = np.where(leaf, np.nan, self._thresholds[nodes])
        made["feature"] = self._features[nodes]
        made["left"] = np.where(leaf, np.arange(len(nodes)) - 1, place[self._children[nodes, 1]])
        return kernels().new_forest(
            made,
            self._leaf_of[nodes].astype(np.int32),
            place[self._roots].astype(np.int32),
            np.full(len(self._roots), self._depth, dtype=np.int32),
        )

    def _siblings_together(self) -> "Tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        """All nodes, each level's left and right children side by side, and each node's place among them."""
        levels = [self._roots]
        while True:
            inner = levels[-1][~self._leaf[levels[-1]]]
            if not len(inner):
                break
            levels.append(self._children[inner][:, ::-1].ravel())
        nodes = np.concatenate(levels)
        tree = np.searchsorted(self._roots, nodes, side="right")
        nodes = nodes[np.argsort(tree, kind="stable")]
        place = np.empty(len(nodes), dtype=np.int64)
        place[nodes] = np.arange(len(nodes))
        return nodes, place

    def _leaves_by_kernel(self, column: Dense) -> "np.ndarray[Any, Any]":
        matrix = np.ascontiguousarray(column.values, dtype=np.float64)
        found = np.empty((len(self._roots), len(matrix)), dtype=np.int64)
        kernels().leaves(self.kernel, matrix, *matrix.shape, found)
        return found

    def lower_to(self, code: RowCode, place: Place, values: Any, divisor: float = 1.0) -> Lowered:
        """The sum of what each tree's leaf stands for, divided; see Operator."""
        usual = isinstance(place, VectorPlace) and place.size > self._used[-1]
        if self.kernel is None or not usual:
            return None
        made = code.number()
        constants = code.keep(divisor, values)
        code.emit(TREES, code.forest(self.kernel), constants, place.register, made.register)  # type: ignore[union-attr]
        return [made]

    def _parts(self, column: "Dense | Sparse", rows: int) -> "Iterator[Tuple[int, np.ndarray[Any, Any]]]":
        """Some rows at a time as a matrix: of all features, or, where they are sparse, of those that splits use."""
        if isinstance(column, Dense):
            values = column.values if column.size else np.zeros((len(column), 1))
            for start in range(0, len(column), rows):
                yield start, np.ascontiguousarray(values[start : start + rows])
            return
        rows = max(1, min(rows, _CELLS // len(self._used)))
        for start in range(0, len(column), rows):
            indptr = column.indptr[start : start + rows + 1]
            part = slice(int(indptr[0]), int(indptr[-1]))
            places = np.searchsorted(self._used, column.indices[part])
            used = self._used.take(places, mode="clip") == column.indices[part]
            row = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
            cells = np.zeros((len(indptr) - 1, len(self._used)))
            cells[row[used], places[used]] = column.values[part][used]
            yield start, cells

    def _walk(self, cells: Any, features: Any, children: Any) -> "np.ndarray[Any, Any]":
        rows, width = cells.shape
        flat = cells.ravel()
        base = np.tile(np.arange(0, rows * width, width), len(self._roots))
        at = np.repeat(self._roots, rows)
        for _ in range(self._depth):
            values = flat[base + features[at]]
            left = values <= self._thresholds[at]
            if self._any_categorical:
                places = np.flatnonzero(self._categorical[at])
                left[places] = self._goes_left(at[places], values[places])
            at = children[2 * at + left]
        return at.reshape(len(self._roots), rows)

    def _goes_left(self, at: Any, values: Any) -> "np.ndarray[Any, Any]":
        known = (values >= 0) & (values < self._stride)
        categories = np.where(known, values, 0).astype(np.int64)
        known &= categories == values
        keys = at * self._stride + categories
        listed = known & (self._keys[np.searchsorted(self._keys, keys)] == keys)
        left: "np.ndarray[Any, Any]" = listed == self._lists_left[at]
        return left


def in_order(terms: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The sum over the first axis, one term after the other from 0, as the JVM sums."""
    sums: "np.ndarray[Any, Any]" = np.add.accumulate(terms, axis=0)[-1] + 0.0
    return sums
