"""A base folder for a training job, and the abalone rows as numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from job_folder import Base, to_csv

ABALONE = Path(__file__).parents[3] / "shared" / "data" / "abalone.csv"
SEX = {"M": (1.0, 0.0), "F": (0.0, 1.0), "I": (0.0, 0.0)}


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
