"""Columns of a vector by their places: what slicers and selectors share."""

from __future__ import annotations

from typing import Any, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse, Vectors
from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, ColumnType, RowError


class Selection:
    """Some places of vectors of `size` values, in an order of their own; a `size` of 0 is not known.

    `places` are distinct, from 0. `drops_zeros` is for Spark's `SparseVector.slice`, which stores no zero, not even
    a negative one; it leaves rows alone that store all of their values, for those are dense in Spark.
    """

    def __init__(self, places: Sequence[int], size: int, drops_zeros: bool = False) -> None:
        self.places = np.array(places, dtype=np.int64)
        self.size = size
        self._drops_zeros = drops_zeros
        self._order = np.argsort(self.places, kind="stable")
        self._sorted = self.places[self._order]
        self._rising = bool((np.diff(self.places) > 0).all())

    def __len__(self) -> int:
        return len(self.places)

    def check(self, kind: ColumnType) -> None:
        """A BundleError where vectors of this kind cannot have the places."""
        if kind.kind == "vector" and kind.size is not None and self.size and kind.size != self.size:
            raise BundleError(f"vectors of {kind.size} values, expected {self.size}")

    def of(self, column: AnyColumn) -> Vectors:
        """The vectors with these places alone, dense or sparse as they were."""
        if not isinstance(column, (Dense, Sparse)):
            raise RowError("the value is not a vector", row=0, expected="a vector")
        if not len(column):
            return Dense(np.zeros((0, len(self))))
        if len(self) and column.size <= self._sorted[-1]:
            expected = f"{self.size or int(self._sorted[-1]) + 1} values"
            raise RowError(f"a vector of {column.size} values", row=0, expected=expected)
        if isinstance(column, Dense):
            return Dense(column.values[:, self.places])
        return self._sparse(column)

    def _sparse(self, column: Sparse) -> Sparse:
        at = np.searchsorted(self._sorted, column.indices)
        taken = np.zeros(len(at), dtype=bool)
        inside = at < len(self)
        taken[inside] = self._sorted[at[inside]] == column.indices[inside]
        rows = column.rows()
        if self._drops_zeros:
            whole = np.diff(column.indptr) == column.size
            taken &= (column.values != 0) | whole[rows]
        rows, values = rows[taken], column.values[taken]
        indices = self._order[at[taken]]
        if not self._rising:
            order = np.lexsort((indices, rows))
            indices, values = indices[order], values[order]
        indptr = np.zeros(len(column) + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=len(column)), out=indptr[1:])
        return Sparse(indptr, indices.astype(np.int32), values, len(self))


def size_of(attributes: Attributes) -> int:
    """The attribute `input_size`, 0 where the bundle does not have it; a BundleError for what is no length."""
    size: int = attributes.need("input_size", int, 0)
    if not 0 <= size < 1 << 31:
        raise BundleError(f"{attributes.where}: input_size is {size}, expected 0 to {(1 << 31) - 1}")
    return size


def places_of(attributes: Attributes, name: str, size: int) -> Any:
    """The attribute's list of distinct places below `size`, where that is not 0; a BundleError else."""
    places = attributes.need_list(name, int)
    if len(set(places)) != len(places):
        raise BundleError(f"{attributes.where}: attribute {name!r} names a place twice")
    if not all(0 <= place < (size or 1 << 31) for place in places):
        raise BundleError(f"{attributes.where}: attribute {name!r} has a place outside of 0 to {size - 1}")
    return places
