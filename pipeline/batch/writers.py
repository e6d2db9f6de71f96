"""Predictions to a file: CSV, JSON lines or Parquet, by the name; whole or not there."""

from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.batch.files import CSV, JSON, format_of
from pipeline.errors import PipelineError
from pipeline.scoring.outputs import Values, csv_text, json_lines


class Writer(Protocol):
    """Takes the output's values, block by block: key to one value a row."""

    def write(self, values: Values) -> None:
        """Appends rows."""

    def close(self) -> None:
        """Ends the file."""


class TextWriter:
    """CSV or JSON lines; CSV is what the endpoint answers."""

    def __init__(self, stream: BinaryIO, form: str, *, packed: bool) -> None:
        self._file: Any = gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) if packed else stream
        self._text = csv_text if form == CSV else json_lines
        self._packed = packed

    def write(self, values: Values) -> None:
        self._file.write(self._text(values))

    def close(self) -> None:
        if self._packed:
            self._file.close()


class ParquetWriter:
    """Parquet; its schema is that of the first block."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._writer: Any = None

    def write(self, values: Values) -> None:
        table = pa.table({key: _array(column) for key, column in values.items()})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._stream, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


@contextmanager
def open_writer(path: Path, source: Path) -> Iterator[Writer]:
    """A writer whose file takes the place of `path` at the end, and is gone if anything fails before."""
    form = format_of(path.name)
    if path.is_dir() or (path.exists() and source.exists() and path.samefile(source)):
        raise PipelineError(
            f"{path} is {'a folder' if path.is_dir() else 'the input'}", hint="name another output file"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise PipelineError(f"cannot write to {path.parent}: {error.strerror}") from error
    work = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            packed = path.suffix == ".gz"
            writer: Writer = TextWriter(stream, form, packed=packed) if form in (CSV, JSON) else ParquetWriter(stream)
            yield writer
            writer.close()
        umask = os.umask(0)
        os.umask(umask)
        work.chmod(0o666 & ~umask)
        work.replace(path)
    except OSError as error:
        raise PipelineError(f"cannot write {path}: {error.strerror}", hint="is the disk full?") from error
    finally:
        work.unlink(missing_ok=True)


def _array(column: Any) -> Any:
    if isinstance(column, np.ndarray) and column.ndim == 2:
        return pa.FixedSizeListArray.from_arrays(pa.array(column.ravel()), column.shape[1])
    return pa.array(column)
