"""A base folder as SageMaker's training containers have it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from pipeline.training.container import Container


class Base:
    """Writes the input of a training job, channel by channel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.container = Container(folder)
        self.channels: dict[str, dict[str, str]] = {}
        (folder / "input" / "config").mkdir(parents=True)
        self.configure("inputdataconfig.json", self.channels)

    def configure(self, name: str, document: object) -> None:
        (self.folder / "input" / "config" / name).write_text(json.dumps(document), encoding="utf-8")

    def hyperparameters(self, **values: object) -> None:
        self.configure("hyperparameters.json", values)

    def channel(self, name: str, files: dict[str, str | bytes], content_type: str | None = "text/csv") -> Path:
        folder = self.container.channel(name)
        for file, content in files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.channels[name] = {"ContentType": content_type} if content_type else {}
        self.configure("inputdataconfig.json", self.channels)
        return folder


def to_csv(*columns: np.ndarray) -> str:
    """Rows of numbers with their shortest decimals, the first columns first."""
    rows = np.column_stack(columns).tolist()
    return "".join(",".join("" if math.isnan(value) else repr(value) for value in row) + "\n" for row in rows)
