"""CSV as Arrow tables that keep their contract: blocks of whole lines, parsed fast, explained slowly.

A block is first read by pyarrow straight into the contract's types. Only where that refuses is it read again as
text, cell by distinct cell: either the contract's grammar accepts what pyarrow did not (`+1`, `1.0` for an
integer), or the error names row, column, value and expectation.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pc_csv

from pipeline.data.conform import conform
from pipeline.errors import DataError
from pipeline.schema.arrow import arrow_type
from pipeline.schema.contract import INTEGER_TYPES, Column, Schema
from pipeline.schema.text import FALSE, TRUE, check_null, parse_cell, ragged

BLOCK_BYTES = 4 << 20
# A longer line is no row of data but a file of another kind.
MAX_LINE_BYTES = 256 << 20
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


def line_blocks(stream: BinaryIO, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Blocks of whole lines; a line break inside quotes does not end a line."""
    rest = b""
    while data := stream.read(size):
        block = rest + data
        cut = _last_line_end(block)
        if cut == 0 and len(block) > MAX_LINE_BYTES:
            raise DataError(f"a line of more than {MAX_LINE_BYTES >> 20} MiB", hint="is a quote left open?")
        rest = block[cut:]
        if cut:
            yield block[:cut]
    if rest:
        yield rest


def _last_line_end(block: bytes) -> int:
    end = block.rfind(b"\n") + 1
    if b'"' not in block:
        return end
    while end and block.count(b'"', 0, end) % 2:
        end = block.rfind(b"\n", 0, end - 1) + 1
    return end


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


def _check_quotes(block: bytes, options: CsvOptions, offset: int) -> None:
    """Refuses a quote that nothing closes: pyarrow takes all that follows it for one cell."""
    if block.count(b'"') % 2 == 0:
        return
    # A quote opens a cell only where the cell begins, and then closes or, at the end, does not.
    quoted = re.compile(rb'(?:(?<=[\r\n%s])|\A)"(?:[^"]++|"")*+("?)' % re.escape(options.delimiter.encode()))
    opening = next((found for found in quoted.finditer(block) if not found[1]), None)
    if opening is not None:
        before = quoted.sub(b"cell", block[: opening.start()]).split(b"\n")[:-1]
        row = sum(1 for line in before if line.strip(b"\r")) + 1
        raise DataError("a quote is left open", row=offset + row, hint='a quote inside a value is written twice: ""')


def first_row(block: bytes, options: CsvOptions) -> tuple[bytes, bytes]:
    """The first row that is not blank, as it is read, and the block after it; quotes may hold line breaks."""
    start = len(block) - len(block.lstrip(b"\r\n"))
    end = block.find(b"\n", start) + 1 or len(block)
    while block.count(b'"', start, end) % 2 and end < len(block):
        end = block.find(b"\n", end) + 1 or len(block)
    row = block[start:end]
    return (_unwrapped(row, options.delimiter.encode()) if options.unwrap_rows else row), block[end:]


def cells_of(row: bytes, options: CsvOptions) -> list[str]:
    """The cells of one row as text; raises DataError for bytes that are not UTF-8."""
    _check_encoding(row, 0)
    text = row.decode("utf-8").rstrip("\r\n")
    return next(csv.reader(io.StringIO(text, newline=""), delimiter=options.delimiter), [])


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
    _check_encoding(block, offset)
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


def _check_encoding(block: bytes, offset: int) -> None:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        row = offset + block.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"byte 0x{block[error.start]:02x} is not UTF-8", row=row, hint="save the file as UTF-8"
        ) from error
