"""What a file says of one column, gathered block by block in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.init import words as w

# Distinct texts that are held; a column with more has "many", and none is held any longer.
MANY = 1000
# A whole number written in fewer characters fits an int.
_SHORT = 10


@dataclass
class Sightings:
    """How many cells something was seen in, and the first of them: its text, its row from 1."""

    count: int = 0
    text: str = ""
    row: int = 0

    def add(self, cells: _Cells, where: Any) -> None:
        """Counts the cells whose words are marked."""
        count = cells.count(where)
        if count and not self.count:
            self.text, self.row = cells.first(where)
        self.count += count

    def __str__(self) -> str:
        return f"{self.text!r} in {self.count:,} row{'s' if self.count > 1 else ''}, the first in row {self.row:,}"


@dataclass
class ColumnProfile:
    """Statistics of one column, all cells as text.

    `words` counts the distinct texts, unless there are more than MANY: then it is empty and `many` is True. `repeats`
    is True once a text came twice, which with many is only seen within a block. `numbers` are what the contract reads
    as such; `decimals` tells whether one of them is not written as a whole number, and `low` and `high` bound those
    too long to be surely an int. `huge` is infinite or no 32-bit float, `empty` the quoted empty text. `rising`: whole
    numbers, each above the one before. `same_as_label`: equal to the label in every row.
    """

    name: str
    rows: int = 0
    nulls: int = 0
    first_null: int = 0
    words: dict[str, int] = field(default_factory=dict)
    many: bool = False
    repeats: bool = False
    rising: bool = True
    numbers: int = 0
    decimals: bool = False
    low: int = 0
    high: int = 0
    dates: int = 0
    decorated: int = 0
    zero_led: Sightings = field(default_factory=Sightings)
    nan: Sightings = field(default_factory=Sightings)
    huge: Sightings = field(default_factory=Sightings)
    empty: Sightings = field(default_factory=Sightings)
    null_words: Sightings = field(default_factory=Sightings)
    texts: Sightings = field(default_factory=Sightings)
    same_as_label: bool = True
    _last: int | None = None

    @property
    def values(self) -> int:
        """Cells that are not null."""
        return self.rows - self.nulls

    def add(self, array: Any, offset: int) -> None:
        """Takes in the cells of a block whose rows count from 1 past `offset`."""
        if array.null_count:
            self.first_null = self.first_null or offset + array.is_null().index(True).as_py() + 1
            self.nulls += array.null_count
            self.rising = False
        self.rows += len(array)
        present = array.drop_null()
        if self.many and self.decimals and w.plain_values(present) is not None:
            # Nothing else is asked of such a column.
            self.numbers += len(present)
            return
        cells = _Cells.of(array, present, offset)
        self._count_words(cells, len(present))
        values = w.number_values(cells.words)
        number = values.is_valid()
        self._add_numbers(cells, number, values)
        if values.null_count:
            self._add_texts(cells, pc.invert(number))
        self.rising = self.rising and not self.decimals and not self.texts.count and self._still_rises(present)

    def _count_words(self, cells: _Cells, present: int) -> None:
        self.repeats = self.repeats or len(cells.words) < present
        if self.many:
            return
        for word, count in zip(cells.words.to_pylist(), cells.counts.tolist(), strict=True):
            self.repeats = self.repeats or word in self.words
            self.words[word] = self.words.get(word, 0) + count
            if len(self.words) > MANY:
                self.many = True
                self.words.clear()
                return

    def _add_numbers(self, cells: _Cells, number: Any, values: Any) -> None:
        found = cells.count(number)
        self.numbers += found
        if found and not self.decimals:
            whole = pc.and_(number, w.matches(cells.words, w.WHOLE))
            self.decimals = cells.count(whole) < found
            self._add_whole(cells, whole)
        self.nan.add(cells, pc.is_nan(values).fill_null(False))
        self.huge.add(cells, w.beyond_range(values).fill_null(False))

    def _add_whole(self, cells: _Cells, whole: Any) -> None:
        self.zero_led.add(cells, w.matches(cells.words, w.ZERO_LED))
        long = pc.and_(whole, pc.greater_equal(pc.utf8_length(cells.words), _SHORT))
        for text in cells.words.filter(long).to_pylist():
            self.low, self.high = min(self.low, int(text)), max(self.high, int(text))

    def _add_texts(self, cells: _Cells, text: Any) -> None:
        self.texts.add(cells, text)
        self.empty.add(cells, pc.equal(cells.words, ""))
        self.null_words.add(cells, pc.and_(text, w.null_words(cells.words)))
        self.dates += cells.count(pc.and_(text, w.matches(cells.words, w.DATE)))
        self.decorated += cells.count(pc.and_(text, w.matches(cells.words, w.DECORATED)))

    def _still_rises(self, present: Any) -> bool:
        try:
            values = present.cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            return False
        if not len(values):
            return True
        rises = bool((values[1:] > values[:-1]).all()) and (self._last is None or self._last < values[0])
        self._last = int(values[-1])
        return rises


@dataclass(frozen=True)
class _Cells:
    """One block of a column by its distinct words, in the order of their first cells, and how often each stands."""

    array: Any
    words: Any
    counts: np.ndarray[Any, Any]
    offset: int

    @classmethod
    def of(cls, array: Any, present: Any, offset: int) -> _Cells:
        counted = pc.value_counts(present)
        return cls(array, counted.field("values"), counted.field("counts").to_numpy(), offset)

    def count(self, where: Any) -> int:
        return int(self.counts[where.to_numpy(zero_copy_only=False)].sum())

    def first(self, where: Any) -> tuple[str, int]:
        word = self.words[where.index(True).as_py()]
        return word.as_py(), self.offset + self.array.index(word).as_py() + 1
