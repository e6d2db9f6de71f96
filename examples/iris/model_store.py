"""Models as JSON files in a folder, by their stage: what was trained is a candidate, what is served is production."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

CANDIDATE, PRODUCTION = "candidate", "production"

Model = dict[str, Any]


class ModelStore:
    """The folder that the variable MODEL_STORE names."""

    def __init__(self, folder: str | None = None) -> None:
        self._folder = Path(folder or os.environ["MODEL_STORE"])

    def save(self, stage: str, model: Model) -> str:
        """Adds a version, named by what it is, and makes it the stage's latest; returns its name."""
        text = json.dumps(model, indent=2)
        version = hashlib.sha256(text.encode()).hexdigest()[:12]
        folder = self._folder / stage
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{version}.json", text)
        _write(folder / "latest", version)
        return version

    def latest(self, stage: str) -> str | None:
        """The name of the latest version; None where there is none."""
        file = self._folder / stage / "latest"
        return file.read_text() if file.exists() else None

    def load(self, stage: str, version: str) -> Model:
        """A version."""
        model: Model = json.loads((self._folder / stage / f"{version}.json").read_text())
        return model


def _write(file: Path, text: str) -> None:
    """Readers see the old file or the new one."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.write_text(text)
    new.replace(file)
