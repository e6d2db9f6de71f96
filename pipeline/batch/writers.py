"""Output files: text or Parquet, whole or not there."""

from __future__ import annotations

import contextlib
import gzip
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow.parquet as pq

from pipeline.batch.files import PARQUET, SUFFIXES, format_of
from pipeline.errors import ConfigError, RequirementError


class Writer(Protocol):
    """Takes the output of rows, block by block."""

    def write(self, rows: Any) -> None:
        """Appends rows: bytes of text, or for Parquet a pyarrow.Table."""


class ParquetWriter:
    """Parquet, a row group a block; its schema is that of the first one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: Any = None

    def write(self, rows: Any) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, rows.schema)
        self._writer.write_table(rows)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def check_output(path: Path, source: Path, files: Sequence[Path]) -> None:
    """Refuses an output, before anything is read, that is no file of its own; raises ConfigError.

    `source` is the input and `files` are what it holds.
    """
    problem = None
    if path.is_dir():
        problem = "is a folder"
    elif path.exists() and not path.is_file():
        problem = "is not a regular file"
    elif path.exists() and any(path.samefile(file) for file in files):
        problem = "is the input"
    elif source.is_dir() and path.resolve().is_relative_to(source.resolve()):
        problem = "lies in the input's folder, and would be read as input the next time"
    if problem:
        raise ConfigError(f"the output {path} {problem}", hint="name another file")


def format_of_output(path: Path) -> str:
    """The format of an output by its name; raises ConfigError where it tells none."""
    form = format_of(path.name)
    if form is None or (form == PARQUET and path.suffix.lower() == ".gz"):
        raise ConfigError(
            f"the output's name {path.name!r} tells no format",
            hint=f"let it end in {', '.join(SUFFIXES)}; text may be packed as .gz",
        )
    return form


@contextmanager
def open_writer(path: Path, form: str) -> Iterator[Writer]:
    """A writer whose file takes the place of `path` at the end, and is gone if anything fails before.

    Folders that are missing are made, and also unmade. A name that ends in .gz is written as gzip.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        with _new_file(path) as file, _writer(file, path, form) as writer:
            yield writer
    except BaseException as error:
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise RequirementError(f"{path} cannot be written: {error.strerror or error}") from error
        raise


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    work = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        umask = os.umask(0)
        os.umask(umask)
        work.chmod(0o666 & ~umask)
        work.replace(path)
    finally:
        work.unlink(missing_ok=True)


@contextmanager
def _writer(file: BinaryIO, path: Path, form: str) -> Iterator[Any]:
    if form == PARQUET:
        writer = ParquetWriter(file)
        try:
            yield writer
        finally:
            writer.close()
    elif path.suffix.lower() == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield packed
    else:
        yield file
