"""Ratings with something to learn in them, and jobs on them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.factorization.model import FactorizationMachine
from pipeline.recordio import CONTENT_TYPE, Rows, encode_rows

CUSTOMERS, ITEMS = 40, 60
SIZE = CUSTOMERS + ITEMS
GIVEN = {
    "feature_dim": str(SIZE),
    "num_factors": "4",
    "predictor_type": "regressor",
    "epochs": "30",
    "mini_batch_size": "50",
    "linear_lr": "0.02",
    "factors_lr": "0.02",
    "factors_init_sigma": "0.1",
    "factors_wd": "0.001",
}


def ratings(count: int = 1500, seed: int = 3, *, classes: bool = False) -> Rows:
    """One-hot rows whose labels come from hidden factors, and a little noise."""
    chance = np.random.default_rng(seed)
    truth = np.random.default_rng(0)
    tastes, traits = truth.normal(0, 0.8, (CUSTOMERS, 3)), truth.normal(0, 0.8, (ITEMS, 3))
    moods = truth.normal(0, 0.5, SIZE)
    who, what = chance.integers(0, CUSTOMERS, count), chance.integers(0, ITEMS, count)
    keys = np.c_[who, CUSTOMERS + what]
    labels = 3 + moods[keys].sum(axis=1) + (tastes[who] * traits[what]).sum(axis=1) + chance.normal(0, 0.2, count)
    return Rows.of(keys, np.ones(keys.shape), SIZE, (labels > 3).astype(float) if classes else labels)


def machine(size: int = SIZE, factors: int = 4, seed: int = 1, kind: str = "regressor") -> FactorizationMachine:
    """A machine of random numbers."""
    chance = np.random.default_rng(seed)
    shapes = ((1,), (size,), (size, factors))
    return FactorizationMachine(kind, *(chance.normal(0, 0.5, shape).astype(np.float32) for shape in shapes))


def direct(made: FactorizationMachine, keys: Any, values: Any) -> float:
    """The formula as it is written, pair by pair, in float64."""
    factors, linear = made.factors.astype(np.float64), made.linear.astype(np.float64)
    raw = float(made.bias[0]) + sum(linear[key] * value for key, value in zip(keys, values, strict=True))
    for at in range(len(keys)):
        for other in range(at + 1, len(keys)):
            raw += float(factors[keys[at]] @ factors[keys[other]]) * values[at] * values[other]
    return raw if made.predictor_type == "regressor" else 1 / (1 + np.exp(-raw))


def job_folder(base: Path, hyperparameters: dict[str, str], channels: dict[str, bytes], **settings: Any) -> Path:
    """SageMaker's folders of a training job."""
    config = base / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    described = {name: {"ContentType": CONTENT_TYPE, "TrainingInputMode": "File"} for name in channels}
    (config / "inputdataconfig.json").write_text(json.dumps(settings.pop("inputs", described)))
    for name, document in settings.items():
        (config / f"{name}.json").write_text(json.dumps(document))
    for name, content in channels.items():
        folder = base / "input" / "data" / name
        folder.mkdir(parents=True)
        (folder / "part-00000.pbr").write_bytes(content)
    return base


def train(base: Path) -> subprocess.CompletedProcess[str]:
    """Runs the program."""
    command = [sys.executable, "-m", "pipeline.factorization", "--base-dir", str(base)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def encoded(rows: Rows) -> bytes:
    return encode_rows(rows)
