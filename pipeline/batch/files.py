"""The input's files, their format, and their bytes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from pipeline.data.encoding import check_encoding
from pipeline.errors import ConfigError, DataError

CSV, JSON, PARQUET = "csv", "json", "parquet"
SUFFIXES = {
    ".csv": CSV,
    ".txt": CSV,
    ".json": JSON,
    ".jsonl": JSON,
    ".ndjson": JSON,
    ".jsonlines": JSON,
    ".parquet": PARQUET,
}
_FORMS = {CSV: CSV, JSON: JSON, "jsonl": JSON, PARQUET: PARQUET}
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"


def format_of(name: str) -> str | None:
    """The format that a file's name tells, `.gz` aside; None where it tells none."""
    path = Path(name)
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    return SUFFIXES.get(suffix.lower())


def format_named(form: str) -> str:
    """The format that a user names: csv, json (or jsonl), parquet; raises ConfigError for another."""
    try:
        return _FORMS[form.lower()]
    except KeyError:
        raise ConfigError(f"the format {form!r} is not known; there are {', '.join(_FORMS)}") from None


def common_format(files: Sequence[Path]) -> str:
    """The one format of all files, by their names; raises DataError where there are several or none."""
    found: dict[str, Path] = {}
    for file in files:
        form = format_of(file.name)
        if form is None:
            raise DataError(
                "the name tells no format",
                source=file.name,
                expected=f"{', '.join(SUFFIXES)}, each perhaps with .gz",
                hint="name the format: --input-format csv, json or parquet",
            )
        found.setdefault(form, file)
    if len(found) > 1:
        shown = ", ".join(f"{form} ({file.name})" for form, file in found.items())
        raise DataError(f"the folder holds several formats: {shown}", hint="score them one by one")
    return next(iter(found))


def input_files(path: Path) -> list[Path]:
    """The file, or all below a folder by name; what Spark and people hide (`_`, `.`) is left out."""
    if not path.exists():
        raise DataError(f"{path} is not there", hint="is the path right?")
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.is_file() and not _hidden(file, path))
    if not files:
        raise DataError(f"{path} holds no files", hint="names that begin with _ or . are left out")
    return files


def _hidden(file: Path, root: Path) -> bool:
    return any(part.startswith(("_", ".")) for part in file.relative_to(root).parts)


@contextmanager
def open_plain(path: Path) -> Iterator[tuple[BinaryIO, IO[bytes]]]:
    """The file's content, unpacked where it is gzip, and the file itself, whose position tells the progress.

    Raises DataError for a file that is not readable, cut off, or not plain UTF-8 from its first bytes.
    """
    try:
        with path.open("rb", buffering=0) as file, io.BufferedReader(file) as stream:
            if not stream.peek(2).startswith(_GZIP):
                _check_start(stream)
                yield stream, file
                return
            with gzip.GzipFile(fileobj=stream) as content:
                _check_start(content)
                yield content, file  # type: ignore[misc]
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"not readable: {getattr(error, 'strerror', None) or error}") from error


def _check_start(content: Any) -> None:
    head = content.peek(4)
    check_encoding(head)
    if head.startswith(_PARQUET):
        raise DataError("it holds Parquet, not text", hint="say so: the input's format is parquet")
