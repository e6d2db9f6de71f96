"""JSON lines as tables of the contract, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from pipeline.data.lines import blocks_of, last_line_end
from pipeline.data.requests import columns_of_rows
from pipeline.errors import DataError
from pipeline.schema.contract import Schema
from pipeline.scoring.arrow import to_arrow

# Python's objects take many times the room of their text.
_BLOCK_BYTES = 1 << 20
_EXPECTED = 'an object by column name, or {"data": [...]}'


def json_tables(content: BinaryIO, contract: Schema, wanted: Schema) -> Iterator[Any]:
    """Tables of the wanted columns; raises DataError.

    A line is an object by column name, or {"data": [...]} with the features or all columns in the contract's order.
    Columns of the contract that are not wanted may hold anything or be left out; blank lines are no rows.
    """
    reader = _RowReader(contract, wanted)
    rows = 0
    for block in blocks_of(content, _BLOCK_BYTES, last_line_end):
        lines = [line for line in block.split(b"\n") if line.strip()]
        if not lines:
            continue
        values = [reader.read(line, number) for number, line in enumerate(lines, start=rows + 1)]
        columns = columns_of_rows(values, wanted, rows)
        rows += len(lines)
        yield pa.table({name: to_arrow(column) for name, column in columns.items()})


class _RowReader:
    """Lines as rows of the wanted columns, by name or in order; what else is wrong with a row is told later."""

    def __init__(self, contract: Schema, wanted: Schema) -> None:
        self._wrapped = "data" not in contract
        self._beside = [name for name in contract.names if name not in wanted]
        self._width = len(contract.columns)
        self._places = [contract.names.index(name) for name in wanted.names]

    def read(self, line: bytes, number: int) -> Any:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise _not_json(line, number, error) from error
        if not isinstance(row, dict):
            raise DataError(f"found {_short(line)}", row=number, expected=_EXPECTED)
        if self._wrapped and "data" in row:
            return self._unwrapped(row, line, number)
        for name in self._beside:
            row.pop(name, None)
        return row

    def _unwrapped(self, row: dict[str, Any], line: bytes, number: int) -> Any:
        values = row["data"]
        if len(row) > 1 or not isinstance(values, list):
            raise DataError(f"found {_short(line)}", row=number, expected=_EXPECTED)
        return [values[place] for place in self._places] if len(values) == self._width else values


def _not_json(line: bytes, number: int, error: Exception) -> DataError:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return DataError(f"byte 0x{line[wrong.start]:02x} is not UTF-8", row=number, hint="save the file as UTF-8")
    hint = None
    if b"NaN" in line or b"Infinity" in line:
        hint = 'JSON has no NaN or Infinity: write them as text, "NaN", or null where the schema allows it'
    return DataError(f"not JSON: {error}", row=number, value=_short(line), hint=hint)


def _short(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return text if len(text) <= 60 else text[:57] + "..."
