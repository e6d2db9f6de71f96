"""Lists of tokens: made from text, counted; each distinct word is worked on once."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence

import numpy as np

from pipeline.columns import AnyColumn, Sparse, Text, TextLists
from pipeline.operators.base import RowError

# From texts to the tokens of each.
Split = Callable[[Sequence[str]], TextLists]


def needed_lists(column: AnyColumn) -> TextLists:
    """The column as lists of texts; a RowError where a list is null, as in Spark, or the column holds no texts."""
    if not isinstance(column, TextLists):
        raise RowError("the value is no list of texts", row=0, expected="a list of texts")
    if column.valid is not None and not column.valid.all():
        raise RowError("the list is missing", row=int(np.argmin(column.valid)), expected="a list of texts")
    return column


def needed_text(column: AnyColumn, place: int = 0) -> Text:
    """The column as text; a RowError where a text is null, as in Spark, or the column holds no text."""
    if not isinstance(column, Text):
        raise RowError("the value is no text", row=0, place=place, expected="a text")
    if column.has_null:
        raise RowError("the text is missing", row=int(np.argmax(column.codes < 0)), place=place, expected="a text")
    return column


def tokenized(column: Text, split: Split) -> TextLists:
    """The tokens of each text; the column has no null."""
    lists, rows = split(column.words), column.codes
    if len(rows) == len(lists) and (rows == np.arange(len(rows))).all():
        return lists
    sizes = np.diff(lists.indptr)[rows]
    indptr = offsets(sizes)
    # The tokens of row i stand from the start of its word on.
    from_start = np.arange(indptr[-1]) - np.repeat(indptr[:-1], sizes)
    entries = np.repeat(lists.indptr[rows], sizes) + from_start
    return TextLists(indptr, lists.codes[entries], lists.words)


class _Codes(Dict[str, int]):
    """Words by the order in which they were first asked for."""

    def __missing__(self, word: str) -> int:
        code = self[word] = len(self)
        return code


def one_by_one(tokens: Callable[[str], Sequence[str]]) -> Split:
    """A split that does each text by itself."""

    def split(texts: Sequence[str]) -> TextLists:
        known = _Codes()
        codes: List[int] = []
        counts = []
        for text in texts:
            made = tokens(text)
            codes += [known[token] for token in made]
            counts.append(len(made))
        return TextLists(offsets(np.array(counts, dtype=np.int64)), np.array(codes, dtype=np.int32), list(known))

    return split


def filtered(lists: TextLists, stays: Sequence[bool], null_stays: bool) -> TextLists:
    """The lists without the words that do not stay; `stays` is a boolean a word."""
    chosen = np.array([*stays, null_stays], dtype=bool)[lists.codes]
    before = np.concatenate(([0], np.cumsum(chosen)))
    return TextLists(before[lists.indptr], lists.codes[chosen], lists.words)


def counted(lists: TextLists, places: "np.ndarray[Any, Any]", size: int) -> Sparse:
    """How often each place stands in each row: `places` has one a word and a null's at the end, -1 is not counted."""
    entries = places[lists.codes]
    there = entries >= 0
    keys = lists.rows()[there] * size + entries[there]
    distinct, counts = np.unique(keys, return_counts=True)
    rows, indices = np.divmod(distinct, size)
    indptr = offsets(np.bincount(rows, minlength=len(lists)))
    return Sparse(indptr, indices.astype(np.int32), counts.astype(np.float64), size)


def offsets(sizes: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Where each row starts, and where the last one ends."""
    indptr = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=indptr[1:])
    return indptr
