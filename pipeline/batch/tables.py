"""Any input as a stream of tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.batch.csv_tables import Shortcut, csv_tables
from pipeline.batch.files import CSV, PARQUET, common_format, format_named, input_files, open_plain
from pipeline.batch.json_tables import json_tables
from pipeline.batch.parquet_tables import parquet_tables
from pipeline.data.csv import CsvOptions
from pipeline.errors import ConfigError, DataError
from pipeline.schema.contract import Schema


@dataclass(frozen=True)
class Part:
    """A table of some of a file's rows, or what a shortcut made of them.

    `source` is the file's name and `offset` the number of its rows before these; `done` of `total` bytes of the input
    are read with them.
    """

    table: Any
    source: str
    offset: int
    done: int
    total: int


def open_tables(
    path: Path,
    contract: Schema,
    *,
    options: CsvOptions | None = None,
    form: str | None = None,
    keep: Collection[str] = (),
    shortcut: Shortcut | None = None,
) -> Iterator[Part]:
    """Streams the rows of a file or folder of CSV, JSON lines or Parquet, plain or gzip, as tables of the features.

    Files may hold the contract's label and ignored columns too; `keep` names those to hand on. `form` (csv, json,
    parquet) overrides what the names tell; a folder's files are of one format, and some may be empty. Tables are of a
    few MB and keep the contract; blocks of plain CSV are offered to `shortcut` first. Raises DataError naming file, row
    and column, ConfigError for a wrong option.
    """
    options = options or CsvOptions()
    if len(options.delimiter) != 1 or not options.delimiter.isascii() or options.delimiter in '"\r\n':
        raise ConfigError(f"the delimiter is {options.delimiter!r}; expected one ASCII character, no quote")
    files = input_files(path)
    kind = format_named(form) if form else common_format(files)
    kept = [column for column in contract.columns if column in contract.features or column.name in keep]
    plain = options.delimiter == "," and not options.unwrap_rows
    read = _Reading(kind, contract, Schema(tuple(kept)), options, shortcut if plain else None)
    return _parts(files, read)


@dataclass(frozen=True)
class _Reading:
    """How all files are read."""

    kind: str
    contract: Schema
    wanted: Schema
    options: CsvOptions
    shortcut: Shortcut | None


def _parts(files: list[Path], read: _Reading) -> Iterator[Part]:
    total = sum(file.stat().st_size for file in files)
    before = 0
    any_row = False
    for file in files:
        rows = 0
        try:
            for table, done in _file_tables(file, read):
                if len(table):
                    yield Part(table, file.name, rows, before + done, total)
                rows += len(table)
        except DataError as error:
            raise error.in_source(file.name) from error
        before += file.stat().st_size
        any_row = any_row or rows > 0
    if not any_row:
        raise DataError("there is no row in it", source=files[0].name if len(files) == 1 else f"all {len(files)} files")


def _file_tables(file: Path, read: _Reading) -> Iterator[tuple[Any, int]]:
    if read.kind == PARQUET:
        size = file.stat().st_size
        for table, share in parquet_tables(file, read.wanted):
            yield table, int(share * size)
        return
    with open_plain(file) as (content, raw):
        text_tables = (
            csv_tables(content, read.contract, read.wanted, read.options, read.shortcut)
            if read.kind == CSV
            else json_tables(content, read.contract, read.wanted)
        )
        for table in text_tables:
            yield table, raw.tell() if raw.seekable() else 0
