"""The first rows of a file, and the delimiter that makes a table of them."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

from pipeline.errors import ConfigError, DataError
from pipeline.init.words import DECORATED

DELIMITERS = ("\t", ";", "|", ",")
_ROWS, _CELLS = 1000, 50_000
# Where fewer rows than this share have one length, there is no table.
_CONSISTENT = 0.8

_decorated = re.compile(DECORATED)


@dataclass(frozen=True)
class Sample:
    """The first rows as one delimiter splits them; `wrapped` where a row stood in quotes as a whole."""

    delimiter: str
    rows: list[list[str]]
    wrapped: bool
    first_wrapped: bool

    @property
    def width(self) -> int:
        """The length of most rows."""
        return Counter(map(len, self.rows)).most_common(1)[0][0]

    def fit(self) -> tuple[float, float]:
        """The share of rows of one width, and of cells that hold no other delimiter; the greater the better."""
        width = self.width
        if width == 1:
            return 0.0, 0.0
        kept = [row for row in self.rows if len(row) == width]
        cells = [cell for row in kept for cell in row]
        others = "".join(mark for mark in DELIMITERS if mark != self.delimiter)
        clean = [cell for cell in cells if not any(mark in cell for mark in others) or _decorated.fullmatch(cell)]
        return len(kept) / len(self.rows), len(clean) / len(cells)


def sample_rows(text: str, delimiter: str | None) -> Sample:
    """The first rows of a text by the delimiter that is given, or the one that fits best.

    Raises DataError for lines that make no table, ConfigError for a delimiter that is no single character.
    """
    if delimiter is not None:
        delimiter = "\t" if delimiter == r"\t" else delimiter
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise ConfigError(f"delimiter {delimiter!r}", hint="one character, such as ',' or ';' or '\\t'")
    samples = [_split(text, mark) for mark in ([delimiter] if delimiter else DELIMITERS)]
    best = max(samples, key=Sample.fit)
    if best.width == 1:
        raise DataError(
            f"each line reads as one value, such as {best.rows[0][0][:60]!r}",
            expected="a label and one feature at least",
            hint="name what stands between the values: --delimiter",
        )
    if best.fit()[0] < _CONSISTENT:
        widths = Counter(map(len, best.rows)).most_common(3)
        shown = ", ".join(f"{count} of {width}" for width, count in widths)
        raise DataError(
            f"the rows differ in length: with the delimiter {best.delimiter!r} there are {shown} values",
            hint="is this CSV? name what stands between the values: --delimiter",
        )
    return best


def _split(text: str, delimiter: str) -> Sample:
    rows, wrapped = [], []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        width = 1
        for row in islice(filter(None, reader), _ROWS):
            inside = len(row) == 1 and delimiter in row[0]
            wrapped.append(inside)
            rows.append(next(csv.reader(row, delimiter=delimiter)) if inside else row)
            width = max(width, len(rows[-1]))
            if len(rows) * width > _CELLS:
                break
    except csv.Error as error:
        raise DataError(f"not CSV: {error}", hint="is a quote left open?") from error
    return Sample(delimiter, rows, any(wrapped), wrapped[0])
