"""Parts of a column, each for some of its rows, as one column."""

from __future__ import annotations

from typing import Any, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Dense, Numbers, Sparse, Text
from pipeline.operators.text.token_lists import offsets

# The kinds of columns that can be put together.
SCATTERED = ("number", "text", "vector")


def scattered(parts: Sequence[AnyColumn], rows: "np.ndarray[Any, Any]") -> AnyColumn:
    """The column whose row `rows[i]` is row i of the parts one after the other; parts are of one kind."""
    order = np.argsort(rows)
    first = parts[0]
    if isinstance(first, Numbers):
        numbers = [part for part in parts if isinstance(part, Numbers)]
        valid = np.concatenate([_valid(part) for part in numbers])[order]
        return Numbers(np.concatenate([part.values for part in numbers])[order], None if valid.all() else valid)
    if isinstance(first, Text):
        return _text([part for part in parts if isinstance(part, Text)], order)
    if all(isinstance(part, Sparse) for part in parts):
        return _sparse([part for part in parts if isinstance(part, Sparse)], order)
    dense = [part.dense() if isinstance(part, Sparse) else part for part in parts]
    return Dense(np.concatenate([part.values for part in dense if isinstance(part, Dense)])[order])


def _valid(part: Numbers) -> "np.ndarray[Any, Any]":
    return np.ones(len(part), dtype=bool) if part.valid is None else part.valid


def _text(parts: Sequence[Text], order: "np.ndarray[Any, Any]") -> Text:
    words: List[str] = []
    codes = []
    for part in parts:
        codes.append(np.where(part.codes < 0, -1, part.codes + len(words)))
        words += part.words
    return Text(np.concatenate(codes)[order].astype(np.int32), words)


def _sparse(parts: Sequence[Sparse], order: "np.ndarray[Any, Any]") -> Sparse:
    sizes = np.concatenate([np.diff(part.indptr) for part in parts])
    starts = offsets(sizes)[:-1]
    indptr = offsets(sizes[order])
    # The entries of each row, from where they stood on.
    entries = np.repeat(starts[order] - indptr[:-1], sizes[order]) + np.arange(indptr[-1])
    indices = np.concatenate([part.indices for part in parts])[entries]
    return Sparse(indptr, indices, np.concatenate([part.values for part in parts])[entries], parts[0].size)
