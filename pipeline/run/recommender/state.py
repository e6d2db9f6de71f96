"""What the steps of a recommender's run hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.factorization.model import FactorizationMachine
from pipeline.recordio import Rows


@dataclass(frozen=True)
class Recommender:
    """The model, the rows it learned from and was not shown, and its scores of these by its own formula (float32)."""

    machine: FactorizationMachine
    train: Rows
    test: Rows
    scores: Any
