"""A public file, fetched once and kept in the user's cache."""

from __future__ import annotations

import hashlib
import http.client
import os
import tempfile
import urllib.request
from pathlib import Path

from pipeline.config.model import Download
from pipeline.errors import DataError

_SHORTLY = 5  # seconds that the network may stay silent


def download(wanted: Download) -> Path | None:
    """The file from the cache, else from the network; None where neither has it.

    Raises DataError where the network has another file than the hash says.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inference-pipeline" / "data"
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
    cache.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=cache)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    Path(name).replace(cached)
    return cached


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
