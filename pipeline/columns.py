"""What a column is while it is scored: numbers, text, vectors or lists of n rows, in NumPy alone.

Columns are values: an operator makes new ones and never writes into those it was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import Any, List, Mapping, Optional, Sequence, Union

import numpy as np


@dataclass(frozen=True)
class Numbers:
    """One number a row, of any NumPy integer, float or boolean dtype.

    `valid` is False where the value is null, and None where no value is; the number under a null is arbitrary.
    """

    values: "np.ndarray[Any, Any]"
    valid: "Optional[np.ndarray[Any, Any]]" = None

    def __len__(self) -> int:
        return len(self.values)

    def doubles(self) -> "np.ndarray[Any, Any]":
        """The values as float64, as Spark casts them; nulls stay arbitrary."""
        return self.values.astype(np.float64, copy=False)

    def first_null(self) -> Optional[int]:
        """The first row that is null, or None."""
        if self.valid is None or self.valid.all():
            return None
        return int(np.argmin(self.valid))


@dataclass(frozen=True)
class Text:
    """One text a row, dictionary-coded: `words[codes[i]]` is row i, a code of -1 is null.

    Words may stand twice; what is done to text is done to words, once, whatever the number of rows.
    """

    codes: "np.ndarray[Any, Any]"
    words: Sequence[str]

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> Optional[str]:
        code = self.codes[row]
        return None if code < 0 else self.words[code]

    @property
    def has_null(self) -> bool:
        """True where a row is null."""
        return bool((self.codes < 0).any())


@dataclass(frozen=True)
class Dense:
    """One dense vector a row: a float64 matrix of shape (rows, size)."""

    values: "np.ndarray[Any, Any]"

    def __len__(self) -> int:
        return len(self.values)

    @property
    def size(self) -> int:
        """The length of each vector."""
        return int(self.values.shape[1])


@dataclass(frozen=True)
class Sparse:
    """One sparse vector a row, in compressed rows: row i owns `indptr[i]:indptr[i + 1]` of indices and values.

    Indices rise within a row; indptr is int64, indices int32, values float64.
    """

    indptr: "np.ndarray[Any, Any]"
    indices: "np.ndarray[Any, Any]"
    values: "np.ndarray[Any, Any]"
    size: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def rows(self) -> "np.ndarray[Any, Any]":
        """The row of each stored entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def dense(self) -> Dense:
        """The same vectors with their zeros."""
        if len(self.values) == len(self) * self.size:
            # Nothing is left out.
            return Dense(self.values.reshape(len(self), self.size))
        matrix = np.zeros((len(self), self.size))
        matrix[self.rows(), self.indices] = self.values
        return Dense(matrix)


@dataclass(frozen=True)
class TextLists:
    """One list of texts a row: row i owns `codes[indptr[i]:indptr[i + 1]]`, each a place in `words`, -1 for null.

    `valid` is False where the list itself is null, and None where none is. indptr is int64, codes int32.
    """

    indptr: "np.ndarray[Any, Any]"
    codes: "np.ndarray[Any, Any]"
    words: Sequence[str]
    valid: "Optional[np.ndarray[Any, Any]]" = None

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def __getitem__(self, row: int) -> Optional[List[Optional[str]]]:
        if self.valid is not None and not self.valid[row]:
            return None
        codes = self.codes[self.indptr[row] : self.indptr[row + 1]]
        return [None if code < 0 else self.words[code] for code in codes]

    def rows(self) -> "np.ndarray[Any, Any]":
        """The row of each text."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))


@dataclass(frozen=True)
class VectorLists:
    """One list of equally many dense vectors a row: float64 of shape (rows, vectors, size)."""

    values: "np.ndarray[Any, Any]"

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Maps:
    """One map from text to number or text a row; None is a null map."""

    values: Sequence[Optional[Mapping[str, Any]]]

    def __len__(self) -> int:
        return len(self.values)


Vectors = Union[Dense, Sparse]
AnyColumn = Union[Numbers, Text, Dense, Sparse, TextLists, VectorLists, Maps]


def take(column: AnyColumn, stay: "np.ndarray[Any, Any]") -> AnyColumn:
    """The rows where `stay`, a boolean a row, is true."""
    if isinstance(column, Numbers):
        return Numbers(column.values[stay], None if column.valid is None else column.valid[stay])
    if isinstance(column, Text):
        return Text(column.codes[stay], column.words)
    if isinstance(column, (Dense, VectorLists)):
        return type(column)(column.values[stay])
    if isinstance(column, Maps):
        return Maps(list(compress(column.values, stay)))
    sizes = np.diff(column.indptr)
    entries = np.repeat(stay, sizes)
    indptr = np.zeros(int(stay.sum()) + 1, dtype=np.int64)
    np.cumsum(sizes[stay], out=indptr[1:])
    if isinstance(column, Sparse):
        return Sparse(indptr, column.indices[entries], column.values[entries], column.size)
    return TextLists(indptr, column.codes[entries], column.words, None if column.valid is None else column.valid[stay])
