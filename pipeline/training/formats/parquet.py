"""Parquet: the label's column first, then one column of numbers a feature; a null is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.training.formats.blocks import Array, float32_block

_BATCH_ROWS = 1 << 16


def read_parquet(path: Path, source: str, columns: int | None) -> Iterator[Array]:
    """The rows of one file in float32 blocks of shape (rows, columns).

    `columns` is how many the files before had. Raises DataError for a file that is not Parquet and for a column
    that holds no plain numbers.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            _check_schema(schema, source, columns)
            row = 0
            for batch in file.iter_batches(_BATCH_ROWS):
                doubles = [column.cast(pa.float64(), safe=False) for column in batch.columns]
                yield float32_block(doubles, schema.names, source, row)
                row += batch.num_rows
    except pa.ArrowException as error:
        raise DataError(f"not Parquet: {error}", source=source) from error


def _check_schema(schema: Any, source: str, columns: int | None) -> None:
    import pyarrow as pa

    for field in schema:
        kind = field.type
        if not (
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or pa.types.is_boolean(kind)
            or pa.types.is_decimal(kind)
        ):
            raise DataError(
                f"the column is of type {kind}",
                source=source,
                column=field.name,
                expected="numbers",
                hint="write vectors as one column of doubles a feature",
            )
    if len(schema) < 2:
        raise DataError(f"the file has {len(schema)} columns", source=source, expected="a label and features")
    if columns is not None and len(schema) != columns:
        raise DataError(
            f"the file has {len(schema)} columns", source=source, expected=f"{columns}, as in the files before"
        )
