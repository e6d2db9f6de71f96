"""A public file, fetched once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.request
from pathlib import Path

from pipeline.cache import cache_folder
from pipeline.config.model import Download
from pipeline.errors import DataError

_SHORTLY = 5  # seconds that the network may stay silent


def download(wanted: Download, work: Path) -> Path | None:
    """The file from the cache, else from the network; None where neither has it.

    Where the cache cannot be written the file is put into the folder `work`. Raises DataError where the network has
    another file than the hash says.
    """
    cache = cache_folder("data")
    cached = cache / wanted.sha256
    if cached.is_file() and _sha256(cached.read_bytes()) == wanted.sha256:
        return cached
    try:
        with urllib.request.urlopen(wanted.url, timeout=_SHORTLY) as reply:  # noqa: S310 - https by the file's type
            content = reply.read()
    except (OSError, http.client.HTTPException):
        return None
    found = _sha256(content)
    if found != wanted.sha256:
        raise DataError(
            f"the file's SHA-256 is {found}", source=wanted.url, expected=wanted.sha256, hint="give --input FILE"
        )
    try:
        return _kept(content, cached)
    except OSError:
        return _kept(content, work / "download")


def _kept(content: bytes, file: Path) -> Path:
    """Writes a file as a whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    return Path(name).replace(file)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
