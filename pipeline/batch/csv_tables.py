"""CSV files as tables of the contract, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from pipeline.data.csv import CsvOptions, cells_of, first_row, line_blocks, parse_block
from pipeline.errors import DataError
from pipeline.schema.contract import Schema
from pipeline.schema.text import ragged


def csv_tables(content: BinaryIO, contract: Schema, options: CsvOptions) -> Iterator[Any]:
    """Tables of the request's columns, or of all of the contract's where the file holds those too.

    Without a header the first row's width decides which; label and ignored columns are checked like the rest.
    """
    layout: Schema | None = None
    rows = 0
    for block in line_blocks(content):
        if layout is None:
            layout, block = _layout(block, contract, options)  # noqa: PLW2901 - the header is taken off
        table = parse_block(block, layout, options, rows)
        rows += table.num_rows
        yield table
    if not rows:
        raise DataError("there is no row in it")


def _layout(block: bytes, contract: Schema, options: CsvOptions) -> tuple[Schema, bytes]:
    first, rest = first_row(block, options)
    request = contract.for_requests()
    cells = cells_of(first, options)
    if options.header:
        return _by_name(cells, contract, request), rest
    for candidate in (request, contract):
        if len(cells) == len(candidate.columns):
            return candidate, block
    raise ragged(len(cells), first.decode("utf-8", "replace").strip("\r\n"), request, 1, options.delimiter)


def _by_name(names: list[str], contract: Schema, request: Schema) -> Schema:
    known = f"the columns {', '.join(contract.names)}"
    for name in names:
        if name not in contract:
            raise DataError(f"the header has column {name!r}, which the contract does not", expected=known)
        if names.count(name) > 1:
            raise DataError(f"the header has column {name!r} twice")
    for name in request.names:
        if name not in names:
            raise DataError(f"the header lacks column {name!r}", expected=known)
    return Schema(tuple(contract[name] for name in names))
