"""Where this program keeps what it need not fetch or make again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(*parts: str) -> Path:
    """A folder of this program's in the user's cache, $XDG_CACHE_HOME or ~/.cache; it need not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").joinpath("inference-pipeline", *parts)
