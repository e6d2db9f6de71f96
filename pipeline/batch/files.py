"""The input's files, their format, and their bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import DataError

CSV, JSON, PARQUET = "csv", "json", "parquet"
_SUFFIXES = {
    ".csv": CSV,
    ".txt": CSV,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".jsonlines": JSON,
    ".parquet": PARQUET,
}
_GZIP = b"\x1f\x8b"
BOMS = {b"\xef\xbb\xbf": "starts with a byte order mark", b"\xff\xfe": "is UTF-16", b"\xfe\xff": "is UTF-16"}


def format_of(name: str) -> str:
    """The format that a file's name tells; raises DataError for one that tells none."""
    path = Path(name)
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    try:
        return _SUFFIXES[suffix.lower()]
    except KeyError:
        known = ", ".join(_SUFFIXES)
        raise DataError(f"{name}: the name tells no format", expected=f"{known}, each perhaps with .gz") from None


def input_files(path: Path) -> list[Path]:
    """The file, or a folder's files by name; what Spark and people hide (`_`, `.`) is left out."""
    if not path.exists():
        raise DataError(f"{path} is not there", hint="is the path right?")
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file() and not _hidden(file, path))
    if not files:
        raise DataError(f"{path} holds no files", hint="names that begin with _ or . are left out")
    return files


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(("_", ".")) for part in file.relative_to(root).parts)


@contextmanager
def open_plain(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file's content, unpacked where it is gzip, and the file itself, whose position tells the progress.

    Raises DataError for a file that is not readable, cut off, empty, or not plain UTF-8 from its first bytes.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            if not packed:
                _check_start(path, file)
                yield file, file
                return
            with gzip.open(file) as content:
                _check_start(path, content)  # type: ignore[arg-type]
                yield content, file  # type: ignore[misc]
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} cannot be read: {error}") from error


def _check_start(path: Path, content: BinaryIO) -> None:
    head = content.read(4)
    content.seek(0)
    if not head:
        raise DataError(f"{path.name} is empty", hint="there is no row in it")
    for mark, what in BOMS.items():
        if head.startswith(mark):
            raise DataError(f"{path.name} {what}", hint="save it as UTF-8 without a byte order mark")
