"""What the whole file says of each column, gathered block by block in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.data.csv import CsvOptions, parse_block
from pipeline.errors import DataError
from pipeline.init import words as w
from pipeline.schema import Column, Schema
from pipeline.schema.text import NON_FINITE

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


@dataclass
class ColumnProfile:
    """Statistics of one column, all cells as text.

    `words` counts the distinct texts, unless there are more than MANY: then it is empty and `many` is True. `repeats`
    is True once a text came twice, which with many is only seen within a block. `numbers` are what the contract reads
    as such; `decimals` tells whether one of them is not written as a whole number, and `low` and `high` bound those
    too long to be surely an int. `rising`: whole numbers, each above the one before. `same_as_label`: equal to the
    label in every row.
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
    non_finite: Sightings = field(default_factory=Sightings)
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
        if self.many and self.decimals and w.all_plain_numbers(present):
            # Nothing else is asked of such a column.
            self.numbers += len(present)
            return
        cells = _Cells.of(array, present, offset)
        self._count_words(cells, len(present))
        number = w.numbers(cells.words)
        self._add_numbers(cells, number)
        if not pc.all(number).as_py():
            self._add_texts(cells, number)
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

    def _add_numbers(self, cells: _Cells, number: Any) -> None:
        found = cells.count(number)
        self.numbers += found
        if found and not self.decimals:
            whole = pc.and_(number, w.matches(cells.words, w.WHOLE))
            self.decimals = cells.count(whole) < found
            self._add_whole(cells, whole)
        if found and self.decimals:
            self.non_finite.add(cells, w.matches(cells.words, NON_FINITE))

    def _add_whole(self, cells: _Cells, whole: Any) -> None:
        self.zero_led.add(cells, w.matches(cells.words, w.ZERO_LED))
        long = pc.and_(whole, pc.greater_equal(pc.utf8_length(cells.words), _SHORT))
        for text in cells.words.filter(long).to_pylist():
            self.low, self.high = min(self.low, int(text)), max(self.high, int(text))

    def _add_texts(self, cells: _Cells, number: Any) -> None:
        text = pc.invert(number)
        self.texts.add(cells, text)
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
        rises = bool((np.diff(values) > 0).all()) and (self._last is None or self._last < values[0])
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


def profile_columns(
    blocks: Iterable[bytes], names: tuple[str, ...], options: CsvOptions, label: int
) -> list[ColumnProfile]:
    """Profiles of all columns of rows without a header; `label` is the label's place.

    Raises DataError, with row and column, for what is no CSV in UTF-8, for rows of another length, and for a line
    break inside a cell, which Spark's reader by lines does not take.
    """
    schema = Schema(tuple(Column(name, "string", nullable=True) for name in names))
    profiles = [ColumnProfile(name) for name in names]
    rows = 0
    for block in blocks:
        table = parse_block(block, schema, options, rows)
        arrays = [column.combine_chunks() for column in table.columns]
        if b'"' in block:
            _refuse_line_breaks(block, arrays, names, rows)
        if options.header:
            _refuse_header(arrays, names, rows)
        for profile, array in zip(profiles, arrays, strict=True):
            profile.add(array, rows)
            profile.same_as_label = profile.same_as_label and array.equals(arrays[label])
        rows += table.num_rows
    if rows == 0:
        raise DataError("there is no row below the header")
    return profiles


def _refuse_line_breaks(block: bytes, arrays: list[Any], names: tuple[str, ...], offset: int) -> None:
    if block.count(b"\n") <= len(arrays[0]) and b"\r" not in block:
        return
    for name, array in zip(names, arrays, strict=True):
        broken = pc.match_substring_regex(array, "[\r\n]").index(True).as_py()
        if broken >= 0:
            raise DataError(
                "a line break inside a value",
                row=offset + broken + 1,
                column=name,
                expected="each row on one line",
                hint="write a space in its place: the Spark job reads line by line",
            )


def _refuse_header(arrays: list[Any], names: tuple[str, ...], offset: int) -> None:
    again = pc.equal(arrays[0], names[0]).fill_null(False)
    for name, array in zip(names[1:], arrays[1:], strict=True):
        if not pc.any(again).as_py():
            return
        again = pc.and_(again, pc.equal(array, name).fill_null(False))
    if pc.any(again).as_py():
        raise DataError(
            "the header line stands here again",
            row=offset + again.index(True).as_py() + 1,
            hint="remove it: were files put one after the other?",
        )
