"""A base folder as SageMaker's training containers have it, and the abalone rows as numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from pipeline.training.container import Container

ABALONE = Path(__file__).parents[3] / "shared" / "data" / "abalone.csv"
SEX = {"M": (1.0, 0.0), "F": (0.0, 1.0), "I": (0.0, 0.0)}


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


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path / "ml")


@pytest.fixture(scope="session")
def abalone() -> np.ndarray:
    """4,177 rows: rings, two indicators of the sex, seven measures."""
    if not ABALONE.exists():
        pytest.skip(f"the abalone data is not at {ABALONE}")
    rows = [line.split(",") for line in ABALONE.read_text(encoding="utf-8").split()]
    return np.array([[float(row[8]), *SEX[row[0]], *map(float, row[1:8])] for row in rows])


@pytest.fixture(scope="session")
def csv_text():
    return to_csv


@pytest.fixture
def numbers() -> tuple[np.ndarray, np.ndarray]:
    """300 labels and 4 features, one value in ten missing."""
    random = np.random.default_rng(7)
    features = random.normal(size=(300, 4))
    label = features[:, 0] * 2 + features[:, 1] + random.normal(scale=0.1, size=300)
    features[random.random(features.shape) < 0.1] = np.nan
    return label, features
