"""The CSV file itself: there, readable, and text in UTF-8."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from pipeline.data.encoding import check_encoding
from pipeline.errors import DataError

_OTHER_KINDS = {
    b"\x1f\x8b": ("is compressed by gzip", "unpack it first: gunzip"),
    b"PK\x03\x04": ("is a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV in UTF-8"),
    b"\xd0\xcf\x11\xe0": ("is a spreadsheet", "save the sheet as CSV in UTF-8"),
    b"PAR1": ("is Parquet", "a CSV file is read here; a pipeline file reads Parquet with data.format: parquet"),
}


def open_csv(path: Path) -> BinaryIO:
    """The file opened at its first byte; raises DataError for one that is not there or cannot be CSV in UTF-8."""
    if not path.exists():
        raise DataError(f"{path} is not there", hint="is the path right?")
    if not path.is_file():
        raise DataError(f"{path} is not a file", hint="name one CSV file with rows of the kind that you have")
    if not os.access(path, os.R_OK):
        raise DataError(f"{path} cannot be read", hint="check its permissions")
    stream = path.open("rb")
    try:
        _check_head(path, stream.read(4096))
        stream.seek(0)
    except BaseException:
        stream.close()
        raise
    return stream


def _check_head(path: Path, head: bytes) -> None:
    if not head:
        raise DataError(f"{path} is empty", hint="there is no row in it")
    check_encoding(head, path.name)
    for start, (problem, hint) in _OTHER_KINDS.items():
        if head.startswith(start):
            raise DataError(f"{path.name} {problem}", hint=hint)
    if b"\0" in head:
        raise DataError(f"{path.name} holds zero bytes: it is no text in UTF-8", hint="save it as CSV in UTF-8")
