"""What the models of locality-sensitive hashing share."""

from __future__ import annotations

from typing import Any, List, Sequence, Tuple

import numpy as np

from pipeline.columns import AnyColumn, Dense, Sparse
from pipeline.operators.base import ColumnType, Operator


class LSH(Operator):
    """A hash a function and row: in a vector, out a list of vectors of one value each."""

    input_size: int

    def input_types(self, count: int) -> List[ColumnType]:
        return [ColumnType("vector", self.input_size or None)]

    def output_types(self, inputs: Sequence[ColumnType]) -> List[ColumnType]:
        return [ColumnType("vectors", 1)]


def entries(column: AnyColumn) -> "Tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """The rows, indices and values of what is not zero, row by row."""
    if isinstance(column, Sparse):
        there = column.values != 0
        return column.rows()[there], column.indices[there], column.values[there]
    assert isinstance(column, Dense)
    rows, indices = np.nonzero(column.values)
    return rows, indices, column.values[rows, indices]
