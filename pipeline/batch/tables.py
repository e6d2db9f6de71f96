"""Any input as a stream of tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.batch.csv_tables import csv_tables
from pipeline.batch.files import CSV, PARQUET, format_of, input_files, open_plain
from pipeline.batch.json_tables import json_tables
from pipeline.data.conform import conform
from pipeline.data.csv import CsvOptions
from pipeline.errors import DataError
from pipeline.schema.contract import Schema

_PARQUET_ROWS = 65_536


@dataclass(frozen=True)
class Part:
    """A table, and how many bytes of the input are read with it."""

    table: Any
    done: int
    total: int


def open_tables(
    path: Path, contract: Schema, *, options: CsvOptions | None = None, form: str | None = None
) -> Iterator[Part]:
    """Streams tables that keep the contract from a file or a folder of CSV, JSON lines or Parquet, plain or gzip.

    `form` (csv, json, parquet) overrides what the names tell. Raises DataError naming file, row and column.
    """
    files = input_files(path)
    total = sum(file.stat().st_size for file in files)
    before = 0
    for file in files:
        kind = form or format_of(file.name)
        try:
            for table, done in _file_tables(file, kind, contract, options or CsvOptions()):
                yield Part(table, before + done, total)
        except DataError as error:
            raise _of_file(error, file) from error
        before += file.stat().st_size


def _file_tables(file: Path, kind: str, contract: Schema, options: CsvOptions) -> Iterator[tuple[Any, int]]:
    if kind == PARQUET:
        yield from _parquet(file, contract)
        return
    with open_plain(file) as (content, raw):
        tables = csv_tables(content, contract, options) if kind == CSV else json_tables(content, contract)
        for table in tables:
            yield table, raw.tell()


def _parquet(file: Path, contract: Schema) -> Iterator[tuple[Any, int]]:
    try:
        with pq.ParquetFile(file) as parquet:
            rows = 0
            for batch in parquet.iter_batches(_PARQUET_ROWS):
                table = pa.Table.from_batches([batch])
                yield conform(table, contract.for_requests(), offset=rows), 0
                rows += batch.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"not readable as Parquet: {error}") from error


def _of_file(error: DataError, file: Path) -> DataError:
    if error.source or file.name in error.problem:
        return error
    return DataError(
        error.problem,
        row=error.row,
        column=error.column,
        value=error.value,
        expected=error.expected,
        source=file.name,
        hint=error.hint,
    )
