"""How a CSV file is written, found out from its first rows: delimiter, rows in quotes, a header or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.data.csv import USUAL_DELIMITERS, CsvOptions
from pipeline.data.lines import first_row, wrong_quote
from pipeline.errors import DataError
from pipeline.init.sample import Sample, sample_rows
from pipeline.init.words import is_date, is_null_word, is_number, is_truth

Row = Sequence[str]


@dataclass(frozen=True)
class Dialect:
    """`names` are the header's, or c0, c1, ... without one; `sure` is False where a header was only guessed at."""

    options: CsvOptions
    names: tuple[str, ...]
    sure: bool = True


def detect(block: bytes, *, header: bool | None, delimiter: str | None) -> Dialect:
    """The dialect of a file that begins with `block`, whole lines; what is given is not guessed.

    Raises DataError for lines that make no table, ConfigError for a delimiter that is no single character.
    """
    if not block.strip():
        raise DataError("there is no row in the file")
    if b"\n" not in block and b"\r" in block.strip():
        raise DataError("the lines end in CR alone", hint="save it with the line ends of Unix or Windows")
    wrong = wrong_quote(block, delimiter or USUAL_DELIMITERS)
    if wrong is not None:
        problem, opened = wrong
        line = block.count(b"\n", 0, opened) + 1
        raise DataError(f"line {line}: {problem}", hint='a quote inside a value is written twice: ""')
    sample = sample_rows(block.decode("utf-8", errors="replace"), delimiter)
    first, rest = sample.rows[0], sample.rows[1:]
    if not rest:
        raise DataError("there is one line alone", expected="names and rows below them, or two rows at least")
    found, sure = _find_header(first, rest) if header is None else (header, True)
    if found:
        _check_header_line(block, sample)
    names = tuple(first) if found else tuple(f"c{place}" for place in range(sample.width))
    return Dialect(CsvOptions(sample.delimiter, found, sample.wrapped), names, sure)


def _find_header(first: Row, rest: Sequence[Row]) -> tuple[bool, bool]:
    """Whether the first row holds names, and whether that is sure.

    It does where a column of numbers, dates or truth begins with a word. Where all is text, it probably does if none
    of its words comes again in its own column.
    """
    rows = [row for row in rest if len(row) == len(first) and row != first]
    columns = [[row[place] for row in rows if row[place]] for place in range(len(first))]
    if any(_is_name(name) and _is_typed(cells) for name, cells in zip(first, columns, strict=True)):
        return True, True
    names = [name for name in first if name.strip()]
    if not names or not all(map(_is_name, names)) or len(set(first)) < len(first) or len(rows) < 2:
        return False, True
    again = first in rest or any(name in cells for name, cells in zip(first, columns, strict=True))
    return not again, False


def _is_name(text: str) -> bool:
    return not (is_null_word(text) or is_number(text) or is_truth(text) or is_date(text))


def _is_typed(cells: Sequence[str]) -> bool:
    return bool(cells) and any(all(map(kind, cells)) for kind in (is_number, is_truth, is_date))


def _check_header_line(block: bytes, sample: Sample) -> None:
    line = first_row(block, sample.delimiter)[0].rstrip(b"\r\n")
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"the header: byte 0x{line[error.start]:02x} is not UTF-8", hint="save the file as UTF-8"
        ) from error
    if b"\n" in line:
        raise DataError("the header: a name has a line break in it", hint="write each name on one line")
    if sample.first_wrapped:
        raise DataError("the header stands in quotes as a whole", hint="remove the quotes around the first line")
