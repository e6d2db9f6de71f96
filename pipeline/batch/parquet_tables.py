"""Parquet files as tables of the contract, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.conform import conform
from pipeline.errors import DataError
from pipeline.schema.contract import Schema

# Values that are held at once, whatever the number of rows.
_BLOCK_VALUES = 1 << 20
_MOST_ROWS = 1 << 16


def parquet_tables(path: Path, wanted: Schema) -> Iterator[tuple[Any, float]]:
    """Tables of the wanted columns, each with the share of the file that is read; raises DataError.

    Other columns are not read.
    """
    try:
        with pq.ParquetFile(path) as file:
            rows = 0
            names = [name for name in wanted.names if name in file.schema_arrow.names]
            for batch in file.iter_batches(_block_rows(file), columns=names):
                # Damage shows late else: in texts that are not UTF-8.
                batch.validate(full=True)
                table = conform(pa.Table.from_batches([batch]), wanted, offset=rows)
                rows += batch.num_rows
                yield table, rows / file.metadata.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DataError(f"not readable as Parquet: {error}") from error


def _block_rows(file: Any) -> int:
    """As many rows as keep a block within bounds, lists counted with all their values."""
    metadata = file.metadata
    rows: int = metadata.num_rows
    if not rows:
        return 1
    groups = (metadata.row_group(place) for place in range(metadata.num_row_groups))
    values: int = sum(group.column(place).num_values for group in groups for place in range(metadata.num_columns))
    return max(1, min(_MOST_ROWS, _BLOCK_VALUES * rows // max(values, 1)))
