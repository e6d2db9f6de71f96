"""Which YAML files are pipeline files: those alone are read, and complained of, where a folder may hold others."""

from __future__ import annotations

import re
from pathlib import Path

# Their names say what they are, whatever they hold.
_NAMES = frozenset({"pipeline", "liminal"})
# Keys of a pipeline file's top. Other tools' files may have one of these.
_KEYS = frozenset({"name", "data", "features", "ratings", "training", "images", "pipelines"})
_ENOUGH = 2
_KEY = re.compile(r"""^["']?(\w+)["']?\s*:(?:\s|$)""", re.MULTILINE)


def is_pipeline_file(path: Path) -> bool:
    """Whether a file is meant as one, broken or not: by its name, or by two keys of a pipeline file at its top."""
    if path.stem in _NAMES:
        return True
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return len(_KEYS.intersection(_KEY.findall(text))) >= _ENOUGH
