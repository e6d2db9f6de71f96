"""CSV: the label first, a weight after it where told so, no header; an empty cell and NaN are missing."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import DataError
from pipeline.training.formats.blocks import Array, column_names, float32_block, open_file

_BLOCK_BYTES = 1 << 20
_DELIMITERS = ",\t;|"
_IN_QUOTES = "the whole row stands in quotes, as one cell: write it without them"

# What Arrow says of a bad cell and of a row of another length; columns count from 0, rows from 1.
_BAD_CELL = re.compile(r"In CSV column #(\d+): Row #(\d+): .*?invalid value '(.*)'", re.DOTALL)
_BAD_ROW = re.compile(r"Row #(\d+): Expected (\d+) columns, got (\d+)")


@dataclass(frozen=True)
class Layout:
    """What a file's first line tells: the delimiter, the cells, the bytes of the line."""

    delimiter: str
    cells: list[str]
    length: int


def read_csv(path: Path, source: str, columns: int | None, *, weighted: bool) -> Iterator[Array]:
    """The rows of one file in float32 blocks of shape (rows, columns); nothing for a file without rows.

    `columns` is how many the files before had. Raises DataError for a cell that is no number, for rows of
    different length and for a header, with source, row and column.
    """
    layout = _layout(path, source)
    if layout is None:
        return
    first = 1 + weighted
    width = len(layout.cells)
    if width <= first:
        wanted = "a label, a weight and features" if weighted else "a label and features"
        hint = _IN_QUOTES if layout.delimiter in layout.cells[0] else None
        raise DataError(f"cells in the row: {width}", source=source, row=1, expected=wanted, hint=hint)
    if columns is not None and width != columns:
        raise _other_width(width, columns, source, 1)
    names = column_names(width - first, weighted)
    yield from _blocks(path, layout, names, source)


def _blocks(path: Path, layout: Layout, names: list[str], source: str) -> Iterator[Array]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    row = 0
    try:
        with open_file(path) as stream:
            reader = arrow_csv.open_csv(
                stream,
                # Arrow tells the row of a mistake in one thread only, and several are not faster.
                read_options=arrow_csv.ReadOptions(
                    use_threads=False, block_size=max(_BLOCK_BYTES, 4 * layout.length), column_names=names
                ),
                parse_options=arrow_csv.ParseOptions(delimiter=layout.delimiter),
                # To double and then to float, as numbers are scored: straight to float may round differently.
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.float64()), null_values=[""]
                ),
            )
            for batch in reader:
                yield float32_block(batch.columns, names, source, row)
                row += batch.num_rows
    except pa.ArrowException as error:
        raise _explain(str(error), layout, names, source) from error


def _layout(path: Path, source: str) -> Layout | None:
    """What the first line that is not blank tells, or None where there is none."""
    with open_file(path) as stream:
        for line in stream:
            text = line.decode("utf-8-sig", errors="replace").strip("\r\n")
            if text:
                delimiter = next((mark for mark in _DELIMITERS if mark in text), ",")
                try:
                    return Layout(delimiter, next(csv.reader([text], delimiter=delimiter)), len(line))
                except csv.Error as error:
                    raise DataError(f"not CSV: {error}", source=source, row=1) from error
    return None


def _explain(message: str, layout: Layout, names: list[str], source: str) -> DataError:
    if cell := _BAD_CELL.search(message):
        column, row, value = int(cell[1]), int(cell[2]), cell[3]
        hint = None
        if layout.delimiter in value:
            hint = _IN_QUOTES
        elif row == 1 and value[:1].isalpha():
            hint = "if the first line is a header, leave it out: training files have none"
        return DataError(
            f"cell {column + 1} holds {value[:60]!r}",
            source=source,
            row=row,
            column=names[column],
            value=value,
            expected="a number or nothing",
            hint=hint,
        )
    if other := _BAD_ROW.search(message):
        return _other_width(int(other[3]), int(other[2]), source, int(other[1]))
    return DataError(f"not CSV: {message}", source=source)


def _other_width(found: int, expected: int, source: str, row: int) -> DataError:
    return DataError(
        f"cells in the row: {found}", source=source, row=row, expected=f"{expected}, as in the rows before"
    )
