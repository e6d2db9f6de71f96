"""Request bodies as columns of their contract, a chunk of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from pipeline.columns import AnyColumn
from pipeline.data.csv import BOM, CsvOptions, parse_block
from pipeline.data.requests import columns_of_lines, columns_of_rows
from pipeline.errors import DataError
from pipeline.schema.contract import Schema
from pipeline.scoring.arrow import from_arrow
from pipeline.serving.contracts import Contract, Contracts
from pipeline.serving.media_types import CSV, JSON
from pipeline.serving.surplus import without_surplus, without_surplus_cells

Columns = dict[str, AnyColumn]

# A body with more bytes a column is worth pyarrow's fixed costs, which are those of each column.
BULK_BYTES = 2 << 10
_NAN_HINT = 'JSON has no NaN or Infinity: write them as text, "NaN", or send null where the schema allows it'


@dataclass(frozen=True)
class Request:
    """Rows to score: `chunks(n)` gives (rows before, columns) of at most n rows each, and raises DataError.

    `lines` and `rows` are the same as they came, for who can score them as they are: one of CSV, or a list of JSON's.
    """

    contract: Contract
    chunks: Callable[[int], Iterator[tuple[int, Columns]]]
    lines: bytes | None = None
    rows: list[Any] | None = None


class RequestReader:
    """Reads bodies of every media type.

    What a row holds beyond the contract is a DataError, or with `ignore_surplus` left out as AWS's container does.
    """

    def __init__(self, contracts: Contracts, *, ignore_surplus: bool = False) -> None:
        self._contracts = contracts
        self._ignore_surplus = ignore_surplus

    def read(self, media_type: str, body: bytes) -> Request:
        """The rows of a body; DataError where it has none or is malformed, SchemaError for its schema."""
        body = body.removeprefix(BOM)
        if not body.strip(b"\r\n"):
            raise _no_rows("the body is empty")
        if media_type == CSV:
            return self._csv(body)
        contract, rows = self._json(body) if media_type == JSON else self._json_lines(body)
        if self._ignore_surplus:
            rows = without_surplus(rows, contract.schema)
        return Request(contract, lambda size: _row_chunks(rows, contract.schema, size), rows=rows)

    def _csv(self, body: bytes) -> Request:
        contract = self._contracts.default
        schema = contract.schema
        if self._ignore_surplus:
            body = without_surplus_cells(body, len(schema.columns))
        return Request(contract, lambda size: _csv_chunks(body, schema, size), lines=body)

    def _json(self, body: bytes) -> tuple[Contract, list[Any]]:
        document = _loads(body)
        contract = self._contract(document)
        return contract, self._entry(document, contract.schema)

    def _json_lines(self, body: bytes) -> tuple[Contract, list[Any]]:
        if "data" not in self._contracts.default.schema and (plain := _plain_data(body)):
            return self._contracts.default, plain
        rows: list[Any] = []
        contract = None
        for line in body.split(b"\n"):
            if not line.strip():
                continue
            document = _loads(line, len(rows) + 1)
            # As in AWS's container the first line's schema holds for the rest.
            contract = contract or self._contract(document)
            rows += self._entry(document, contract.schema, len(rows) + 1)
        if contract is None:
            raise _no_rows("the body is empty")
        return contract, rows

    def _contract(self, document: Any) -> Contract:
        default = self._contracts.default
        if isinstance(document, dict) and _is_envelope(document, default.schema):
            brought = document.get("schema")
            if brought is not None:
                return self._contracts.of_document(brought)
        return default

    def _entry(self, document: Any, schema: Schema, row: int | None = None) -> list[Any]:
        """The rows of one JSON document: an envelope around rows, or one row by column names."""
        if not isinstance(document, dict):
            raise DataError(
                f"found {_kind(document)}",
                row=row,
                expected="an object",
                hint='{"data": [...]}, {"data": [[...], [...]]} or an object by column names',
            )
        if not _is_envelope(document, self._contracts.default.schema):
            return [document]
        rows = _instances(document["instances"], schema) if "instances" in document else _rows(document["data"], schema)
        if not rows:
            raise _no_rows("there are no rows in it", row)
        return rows


def _is_envelope(document: dict[str, Any], schema: Schema) -> bool:
    return ("data" in document and "data" not in schema) or ("instances" in document and "instances" not in schema)


def _rows(data: Any, schema: Schema) -> list[Any]:
    """`data` is one row, by order or by name, or a list of such rows."""
    if isinstance(data, dict):
        return [data]
    if not isinstance(data, list):
        raise DataError(f'"data" is {_kind(data)}', expected="a list of values, an object by column names, or many")
    if data and not isinstance(data[0], list | dict):
        return [data]
    many = all(isinstance(value, list | dict) for value in data) and not _is_row_of_vectors(data, schema)
    return data if many else [data]


def _plain_data(body: bytes) -> list[Any] | None:
    """The rows of lines that are all {"data": [values]} and nothing else; None for lines to be read one by one."""
    try:
        documents = [orjson.loads(line) for line in body.split(b"\n") if line.strip()]
    except orjson.JSONDecodeError:
        return None
    if not all(type(document) is dict and len(document) == 1 for document in documents):
        return None
    rows = [document.get("data") for document in documents]
    flat = all(type(row) is list and row and type(row[0]) not in (list, dict) for row in rows)
    return rows if flat else None


def _is_row_of_vectors(data: Sequence[Any], schema: Schema) -> bool:
    return (
        len(data) == len(schema.columns)
        and all(column.struct != "basic" for column in schema.columns)
        and not any(isinstance(inner, list | dict) for value in data for inner in value)
    )


def _instances(instances: Any, schema: Schema) -> list[Any]:
    if not isinstance(instances, list):
        raise DataError(f'"instances" is {_kind(instances)}', expected="a list")
    bare = "features" not in schema
    return [
        entry["features"] if bare and isinstance(entry, dict) and "features" in entry else entry for entry in instances
    ]


def _plain_lines(body: bytes) -> list[str] | None:
    """The rows of a body without quotes; None for one that the full parser must read."""
    if b'"' in body:
        return None
    if b"\r" in body:
        body = body.replace(b"\r\n", b"\n").removesuffix(b"\r")
        if b"\r" in body:
            return None
    try:
        return [line for line in body.decode("utf-8").split("\n") if line]
    except UnicodeDecodeError:
        return None


def _csv_chunks(body: bytes, schema: Schema, size: int) -> Iterator[tuple[int, Columns]]:
    lines = _plain_lines(body) if len(body) <= BULK_BYTES * len(schema.columns) else None
    if lines is not None:
        yield from _line_chunks(lines, schema, size)
        return
    table = parse_block(body, schema, CsvOptions())
    if not table.num_rows:
        raise _no_rows("the body holds no rows")
    yield from _table_chunks(table, size)


def _line_chunks(lines: Sequence[str], schema: Schema, size: int) -> Iterator[tuple[int, Columns]]:
    for at in range(0, len(lines), size):
        yield at, columns_of_lines(lines[at : at + size], schema, at)


def _row_chunks(rows: Sequence[Any], schema: Schema, size: int) -> Iterator[tuple[int, Columns]]:
    for at in range(0, len(rows), size):
        yield at, columns_of_rows(rows[at : at + size], schema, at)


def _table_chunks(table: Any, size: int) -> Iterator[tuple[int, Columns]]:
    for at in range(0, table.num_rows, size):
        part = table.slice(at, size)
        yield at, {name: from_arrow(part[name], name, at) for name in table.schema.names}


def _loads(text: bytes, row: int | None = None) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        hint = _NAN_HINT if b"NaN" in text or b"Infinity" in text else None
        raise DataError(f"not JSON: {error}", row=row, hint=hint) from error


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _no_rows(problem: str, row: int | None = None) -> DataError:
    return DataError(problem, row=row, expected="at least one row")
