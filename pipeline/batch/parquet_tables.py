"""Parquet files as tables of the contract, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.conform import conform
from pipeline.errors import DataError
from pipeline.schema.contract import Schema

# What is held at once, whatever the number of rows.
_BLOCK_BYTES = 8 << 20
_MOST_ROWS = 1 << 16
_FIRST_ROWS = 64


def parquet_tables(path: Path, wanted: Schema) -> Iterator[tuple[Any, float]]:
    """Tables of the wanted columns, each with the share of the file that is read; raises DataError.

    Other columns are not read. A file that is damaged is an error too, whatever the damage.
    """
    try:
        with pq.ParquetFile(path) as file:
            rows = 0
            names = [name for name in wanted.names if name in file.schema_arrow.names]
            for batch in file.iter_batches(_block_rows(file, names), columns=names):
                # Damage shows late else: in texts that are not UTF-8.
                batch.validate(full=True)
                table = conform(pa.Table.from_batches([batch]), wanted, offset=rows)
                rows += batch.num_rows
                yield table, rows / file.metadata.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"not readable as Parquet: {error}") from error


def _block_rows(file: Any, names: Sequence[str]) -> int:
    """As many rows as keep a block within bounds, judged by the first ones.

    The footer knows sizes too, but pyarrow's access to a column's metadata ends the process where it is damaged.
    """
    first = next(file.iter_batches(_FIRST_ROWS, columns=names), None)
    if first is None or first.nbytes == 0:
        return _MOST_ROWS
    rows: int = _BLOCK_BYTES * first.num_rows // first.nbytes
    return max(1, min(_MOST_ROWS, rows))
