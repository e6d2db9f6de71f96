"""How a CSV file is written, found out from its first rows: delimiter, rows in quotes, a header or none."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.data.csv import CsvOptions
from pipeline.errors import ConfigError, DataError
from pipeline.init.words import DECORATED, is_date, is_null_word, is_number, is_truth

DELIMITERS = ("\t", ";", "|", ",")
_SAMPLE_ROWS, _SAMPLE_CELLS = 1000, 50_000
# Fewer rows of one width than this are no table.
_CONSISTENT = 0.8

_decorated = re.compile(DECORATED)
_line_end = re.compile(rb"\r\n|\n|\r")

Row = Sequence[str]


@dataclass(frozen=True)
class Dialect:
    """`names` are the header's, or c0, c1, ... without one; `sure` is False where a header was only guessed at."""

    options: CsvOptions
    names: tuple[str, ...]
    sure: bool = True


def detect(block: bytes, *, header: bool | None, delimiter: str | None) -> Dialect:
    """The dialect of a file that begins with a block of whole lines; what is given is not guessed.

    Raises DataError for lines that make no table, ConfigError for a delimiter that is no single character.
    """
    block = block.lstrip(b"\r\n")
    if not block.strip():
        raise DataError("there is no row in the file")
    sample = _sample(block.decode("utf-8", errors="replace"), delimiter)
    first, rest = sample.rows[0], sample.rows[1:]
    found, sure = _find_header(first, rest) if header is None else (header, True)
    if found:
        _check_header_line(block, sample)
    names = tuple(first) if found else tuple(f"c{place}" for place in range(sample.width))
    return Dialect(CsvOptions(sample.delimiter, found, sample.wrapped), names, sure)


def without_header(block: bytes) -> bytes:
    """A file's first block past its header line."""
    block = block.lstrip(b"\r\n")
    end = _line_end.search(block)
    return block[end.end() :] if end else b""


@dataclass(frozen=True)
class _Sample:
    """The first rows as one delimiter splits them, and how well that fits."""

    delimiter: str
    rows: list[list[str]]
    wrapped: bool
    first_wrapped: bool

    @property
    def width(self) -> int:
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


def _sample(text: str, delimiter: str | None) -> _Sample:
    if delimiter is not None:
        delimiter = "\t" if delimiter == r"\t" else delimiter
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise ConfigError(f"delimiter {delimiter!r}", hint="one character, such as ',' or ';' or '\\t'")
    samples = [_split(text, mark) for mark in ([delimiter] if delimiter else DELIMITERS)]
    best = max(samples, key=_Sample.fit)
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


def _split(text: str, delimiter: str) -> _Sample:
    rows, wrapped = [], []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        width = 1
        for row in islice(filter(None, reader), _SAMPLE_ROWS):
            inside = len(row) == 1 and delimiter in row[0]
            wrapped.append(inside)
            rows.append(next(csv.reader(row, delimiter=delimiter)) if inside else row)
            width = max(width, len(rows[-1]))
            if len(rows) * width > _SAMPLE_CELLS:
                break
    except csv.Error as error:
        raise DataError(f"not CSV: {error}", hint="is a quote left open?") from error
    return _Sample(delimiter, rows, any(wrapped), wrapped[0])


def _find_header(first: Row, rest: Sequence[Row]) -> tuple[bool, bool]:
    """Whether the first row holds names, and whether that is sure.

    It does where a column of numbers, dates or truth begins with a word. Where all is text, it probably does if none
    of its words comes again in its own column.
    """
    columns = [[row[place] for row in rest if len(row) == len(first) and row[place]] for place in range(len(first))]
    if any(_is_name(name) and _is_typed(cells) for name, cells in zip(first, columns, strict=True)):
        return True, True
    names = [name for name in first if name.strip()]
    if not names or not all(map(_is_name, names)) or len(set(first)) < len(first) or len(rest) < 2:
        return False, True
    again = any(name in cells for name, cells in zip(first, columns, strict=True))
    return not again, False


def _is_name(text: str) -> bool:
    return not (is_null_word(text) or is_number(text) or is_truth(text) or is_date(text))


def _is_typed(cells: Sequence[str]) -> bool:
    return bool(cells) and any(all(map(kind, cells)) for kind in (is_number, is_truth, is_date))


def _check_header_line(block: bytes, sample: _Sample) -> None:
    end = _line_end.search(block)
    line = block[: end.start()] if end else block
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"the header: byte 0x{line[error.start]:02x} is not UTF-8", hint="save the file as UTF-8"
        ) from error
    if line.count(b'"') % 2:
        raise DataError("the header: a name has a line break in it", hint="write each name on one line")
    if sample.first_wrapped:
        raise DataError("the header stands in quotes as a whole", hint="remove the quotes around the first line")
