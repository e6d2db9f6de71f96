"""CSV files as tables of the contract, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

from pipeline.data.csv import CsvOptions, cells_of, line_blocks, parse_block
from pipeline.data.lines import first_row
from pipeline.errors import DataError
from pipeline.schema.contract import Column, Schema
from pipeline.schema.text import ragged

# What makes an array of one entry a row of a block of lines, given their columns, or declines with None.
Shortcut = Callable[[bytes, Schema], Any]


def csv_tables(
    content: BinaryIO, contract: Schema, wanted: Schema, options: CsvOptions, shortcut: Shortcut | None = None
) -> Iterator[Any]:
    """Tables of the wanted columns, or where there is a shortcut what it makes of a block; raises DataError.

    Without a header the number of values in the first row tells what a row holds: the features, as in a request, or all
    columns of the contract, which are all held against it. With one the columns stand in any order, and those of the
    contract that are not wanted may hold anything or be left out.
    """
    layout: Schema | None = None
    rows = 0
    for block in line_blocks(content, delimiter=options.delimiter):
        if layout is None:
            first, rest = first_row(block, options.delimiter)
            if not first:
                continue
            layout = layout_of(first, contract, wanted, options)
            block = rest if options.header else first + rest  # noqa: PLW2901 - the header is taken off
        made = shortcut(block, layout) if shortcut is not None else None
        if made is None:
            made = parse_block(block, layout, options, rows).select(wanted.names)
        rows += len(made)
        yield made


def layout_of(first: bytes, contract: Schema, wanted: Schema, options: CsvOptions) -> Schema:
    """The columns of a file's rows, by its first line, which is the header where there is one; raises DataError."""
    if options.header:
        try:
            return _by_name(first, contract, wanted, options)
        except DataError as error:
            problem = f"the header: {error.problem}"
            raise DataError(problem, value=error.value, expected=error.expected, hint=error.hint) from error
    count = len(cells_of(first, options))
    if count == len(contract.columns):
        return contract
    request = contract.for_requests()
    if count != len(request.columns):
        raise _ragged(count, first, request, options)
    for name in wanted.names:
        if name not in request:
            raise DataError(f"the rows hold the features alone, not {name!r}", row=1, expected=_columns(contract))
    return request


def _by_name(header: bytes, contract: Schema, wanted: Schema, options: CsvOptions) -> Schema:
    names = cells_of(header, options)
    if len(names) == 1 and len(contract.columns) > 1:
        raise _ragged(1, header, contract, options)
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"column {name!r} stands twice")
        if name not in contract:
            raise DataError(f"column {name!r} is not known", expected=_columns(contract), hint=_hint(names, contract))
    for name in wanted.names:
        if name not in names:
            raise DataError(f"column {name!r} is missing", expected=_columns(contract))
    return Schema(tuple(contract[name] if name in wanted else Column(name, "string", nullable=True) for name in names))


def _hint(names: Sequence[str], contract: Schema) -> str | None:
    return None if any(name in contract for name in names) else "is it a row? then the file has no header"


def _ragged(count: int, row: bytes, schema: Schema, options: CsvOptions) -> DataError:
    return ragged(count, row.decode("utf-8", "replace").strip("\r\n"), schema, 1, options.delimiter)


def _columns(contract: Schema) -> str:
    return f"the columns {', '.join(contract.names)}"
