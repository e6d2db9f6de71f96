"""What tells one file or folder from another."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

_CHUNK = 1 << 20


def fingerprint(path: Path) -> dict[str, Any]:
    """SHA-256 and size in bytes of a file, or of all files below a folder in the order of their paths."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while part := stream.read(_CHUNK):
                digest.update(part)
    return {"sha256": digest.hexdigest(), "bytes": sum(file.stat().st_size for file in files)}
