"""CSV as Arrow tables that keep their contract: blocks of whole lines, parsed fast, explained slowly.

A block is first read by pyarrow straight into the contract's types. Only where that refuses is it read again as
text, cell by distinct cell: either the contract's grammar accepts what pyarrow did not (`+1`, `1.0` for an
integer), or the error names row, column, value and expectation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from pipeline.data.conform import conform
from pipeline.data.lines import blocks_of, last_row_end, rows_before, wrong_quote
from pipeline.errors import DataError
from pipeline.schema.arrow import arrow_type
from pipeline.schema.contract import INTEGER_TYPES, Column, Schema
from pipeline.schema.text import FALSE, TRUE, check_null, parse_cell, ragged

BLOCK_BYTES = 4 << 20
USUAL_DELIMITERS = ",;\t|"
BOM = b"\xef\xbb\xbf"
_WRAPPED = re.compile(rb'^"(.*)"(?=\r?$)', re.MULTILINE)


@dataclass(frozen=True)
class CsvOptions:
    """How a CSV file is written; quotes are RFC 4180's, the encoding is UTF-8.

    With `unwrap_rows` a row that stands in quotes as a whole is read without them.
    """

    delimiter: str = ","
    header: bool = False
    unwrap_rows: bool = False


def line_blocks(stream: BinaryIO, size: int = BLOCK_BYTES, delimiter: str = USUAL_DELIMITERS) -> Iterator[bytes]:
    """Blocks of whole rows; a line break inside quotes does not end a row.

    Where the delimiter is not known yet, a quote after any usual one opens a cell.
    """
    return blocks_of(stream, size, lambda block: last_row_end(block, delimiter))


def parse_block(block: bytes, schema: Schema, options: CsvOptions, offset: int = 0) -> Any:
    """One block of rows without a header as a table of the contract; rows in errors count from 1 past `offset`."""
    if not block.strip(b"\r\n"):
        return conform(pa.table({column.name: pa.array([], arrow_type(column)) for column in schema.columns}), schema)
    if options.unwrap_rows and len(schema.columns) > 1:
        block = _unwrapped(block, options.delimiter.encode())
    _check_quotes(block, options, offset)
    hexadecimal = any(column.type in INTEGER_TYPES for column in schema.columns) and b"0x" in block.lower()
    if not hexadecimal:
        try:
            table = pc_csv.read_csv(
                pa.BufferReader(block),
                read_options=pc_csv.ReadOptions(column_names=schema.names, block_size=max(len(block), 1 << 16)),
                parse_options=_parse_options(options),
                convert_options=_convert_options(schema),
            )
            if not _overflowed(table):
                return conform(table, schema, offset=offset)
        except (pa.ArrowInvalid, DataError):
            pass  # explained below, or accepted by the contract's own grammar
    return _parse_slowly(block, schema, options, offset)


def _unwrapped(block: bytes, delimiter: bytes) -> bytes:
    def inner(match: re.Match[bytes]) -> bytes:
        content = match[1]
        # Quotes inside the outer ones are doubled; a lone one means that the row begins and ends with a quoted cell.
        alone = content.replace(b'""', b"")
        return content.replace(b'""', b'"') if delimiter in content and b'"' not in alone else match[0]

    return _WRAPPED.sub(inner, block)


def cells_of(row: bytes, options: CsvOptions) -> list[str]:
    """The cells of one row as text; raises DataError for bytes that are no row of UTF-8."""
    if options.unwrap_rows:
        row = _unwrapped(row, options.delimiter.encode())
    _check_quotes(row, options, 0)
    _check_encoding(row, options, 0)
    line = pa.BufferReader(row.rstrip(b"\r\n") + b"\n")
    try:
        return list(pc_csv.read_csv(line, parse_options=_parse_options(options)).schema.names)
    except pa.ArrowInvalid as error:
        raise DataError(f"not CSV: {error}", row=1) from error


def _parse_options(options: CsvOptions, handler: Any = None) -> Any:
    return pc_csv.ParseOptions(
        delimiter=options.delimiter, double_quote=True, newlines_in_values=True, invalid_row_handler=handler
    )


def _convert_options(schema: Schema) -> Any:
    return pc_csv.ConvertOptions(
        column_types={column.name: arrow_type(column) for column in schema.columns},
        null_values=[""],
        true_values=[*TRUE, "True", "TRUE"],
        false_values=[*FALSE, "False", "FALSE"],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )


def _overflowed(table: Any) -> bool:
    """Whether there is an infinity: pyarrow reads a number too large for its type as one."""
    floats = [column for column in table.columns if pa.types.is_floating(column.type)]
    return any(pc.any(pc.is_inf(column)).as_py() for column in floats)


def _parse_slowly(block: bytes, schema: Schema, options: CsvOptions, offset: int) -> Any:
    _check_encoding(block, options, offset)
    bad: list[Any] = []

    def keep_first(row: Any) -> str:
        bad.append(row)
        return "skip"

    try:
        table = pc_csv.read_csv(
            pa.BufferReader(block),
            read_options=pc_csv.ReadOptions(
                column_names=schema.names, block_size=max(len(block), 1 << 16), use_threads=False
            ),
            parse_options=_parse_options(options, keep_first),
            convert_options=pc_csv.ConvertOptions(
                column_types={name: pa.string() for name in schema.names},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(f"not CSV: {error}", hint="is a quote left open?") from error
    limit = bad[0].number - 1 if bad else table.num_rows
    arrays = [_cells(table[column.name].slice(0, limit), column, offset) for column in schema.columns]
    if bad:
        first = bad[0]
        raise ragged(first.actual_columns, first.text, schema, offset + first.number, options.delimiter)
    return pa.table(arrays, names=schema.names)


def _cells(array: Any, column: Column, offset: int) -> Any:
    """A column of text as the contract's type, each distinct text parsed once."""
    if column.type == "string" and not (array.null_count and not column.nullable):
        return array
    array = array.combine_chunks()
    if array.null_count and not column.nullable:
        check_null(column, offset + array.is_null().index(True).as_py() + 1)
    coded = array.dictionary_encode()
    values = []
    for code, text in enumerate(coded.dictionary.to_pylist()):
        try:
            values.append(parse_cell(text, column, 0))
        except DataError:
            parse_cell(text, column, offset + pc.index(coded.indices, code).as_py() + 1)
    kind = arrow_type(column)
    parsed = pa.array(values, pa.float64() if kind == pa.float32() else kind).cast(kind)
    return parsed.take(coded.indices)


def _check_quotes(block: bytes, options: CsvOptions, offset: int) -> None:
    wrong = wrong_quote(block, options.delimiter)
    if wrong:
        problem, place = wrong
        row = offset + rows_before(block, place, options.delimiter) + 1
        raise DataError(problem, row=row, hint='a quote inside a value is written twice: ""')


def _check_encoding(block: bytes, options: CsvOptions, offset: int) -> None:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        row = offset + rows_before(block, error.start, options.delimiter) + 1
        raise DataError(
            f"byte 0x{block[error.start]:02x} is not UTF-8", row=row, hint="save the file as UTF-8"
        ) from error
