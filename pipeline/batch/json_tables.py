"""JSON lines as tables of the contract, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson
import pyarrow as pa

from pipeline.data.csv import line_blocks
from pipeline.data.requests import columns_of_rows
from pipeline.errors import DataError
from pipeline.schema.contract import Schema
from pipeline.scoring.arrow import to_arrow

_BLOCK_BYTES = 1 << 20


def json_tables(content: BinaryIO, contract: Schema) -> Iterator[Any]:
    """Tables of the request's columns: each line an object by column name, or {"data": [...]} in schema order.

    Label and ignored columns may stand in an object; blank lines are no rows.
    """
    request = contract.for_requests()
    beside = [column.name for column in contract.columns if column.name not in request]
    rows = 0
    for block in line_blocks(content, _BLOCK_BYTES):
        lines = [line for line in block.split(b"\n") if line.strip()]
        if not lines:
            continue
        values = [_row(line, number, beside, request) for number, line in enumerate(lines, start=rows + 1)]
        columns = columns_of_rows(values, request, rows)
        rows += len(lines)
        yield pa.table({name: to_arrow(column) for name, column in columns.items()})
    if not rows:
        raise DataError("there is no row in it")


def _row(line: bytes, number: int, beside: list[str], request: Schema) -> Any:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DataError(f"not JSON: {error}", row=number) from error
    if not isinstance(value, dict):
        raise DataError(f"found {str(value)[:60]}", row=number, expected='an object by column name, or {"data": [...]}')
    if "data" in value and "data" not in request:
        value = value["data"]
    if isinstance(value, dict):
        return {name: cell for name, cell in value.items() if name not in beside}
    return value
