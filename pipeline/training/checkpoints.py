"""Checkpoints: the booster so far and what its rounds measured, in one file that SageMaker keeps in S3.

The file is a model in UBJSON; the record of its rounds stands in an attribute, so that both appear together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import TrainingError
from pipeline.training.container import write_whole
from pipeline.training.hyperparameters import Hyperparameters

FILE = "xgboost-checkpoint"
ROUNDS = "TRAINING_CHECKPOINT_ROUNDS"

_ATTRIBUTE = "checkpoint"
_EVERY = 10

Evals = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Checkpoint:
    """A booster after some rounds, in UBJSON, and each metric of each round by channel and name."""

    model: bytes
    evals: Evals

    @property
    def rounds(self) -> int:
        """How many rounds were done."""
        return len(next(iter(self.evals["train"].values())))


class Checkpoints:
    """The checkpoint of one job in its folder, written every so many rounds (`$TRAINING_CHECKPOINT_ROUNDS`, or 10)."""

    def __init__(self, folder: Path, hyperparameters: Hyperparameters) -> None:
        self._path = folder / FILE
        self._settings = _settings(hyperparameters)
        self._num_round = hyperparameters.num_round
        text = os.environ.get(ROUNDS, str(_EVERY))
        if not (text.isascii() and text.isdigit() and int(text)):
            raise TrainingError(f"${ROUNDS}: found {text!r}; expected a whole number from 1 up")
        self.every = int(text)

    def read(self) -> bytes:
        """The file's content; empty where there is none yet."""
        return self._path.read_bytes() if self._path.exists() else b""

    def open(self, content: bytes, num_feature: int) -> Checkpoint:
        """The checkpoint in a file's content; TrainingError for what another job has left."""
        import xgboost

        try:
            booster = xgboost.Booster(model_file=bytearray(content))
            record = json.loads(booster.attr(_ATTRIBUTE) or "")
            settings, evals = record["settings"], record["evals"]
        except (xgboost.core.XGBoostError, ValueError, KeyError) as error:
            raise TrainingError(
                f"{self._path} is no checkpoint of this program", hint="give the job a checkpoint folder of its own"
            ) from error
        self._check(settings)
        if booster.num_features() != num_feature:
            raise TrainingError(
                f"the checkpoint in {self._path.parent} has {booster.num_features()} features; "
                f"the data has {num_feature}"
            )
        booster.set_attr(**{_ATTRIBUTE: None})
        checkpoint = Checkpoint(bytes(booster.save_raw("ubj")), evals)
        if checkpoint.rounds > self._num_round:
            raise TrainingError(
                f"the checkpoint in {self._path.parent} has {checkpoint.rounds} rounds; num_round is {self._num_round}"
            )
        return checkpoint

    def save(self, booster: Any, evals: Mapping[str, Mapping[str, list[float]]]) -> None:
        """Writes the booster and the record of its rounds; the file before gives way to it."""
        booster.set_attr(**{_ATTRIBUTE: json.dumps({"settings": self._settings, "evals": evals})})
        write_whole(self._path, bytes(booster.save_raw("ubj")))
        booster.set_attr(**{_ATTRIBUTE: None})

    def _check(self, settings: dict[str, Any]) -> None:
        for name in sorted({*settings, *self._settings}):
            before, now = settings.get(name), self._settings.get(name)
            if before != now:
                raise TrainingError(
                    f"the checkpoint in {self._path.parent} was made with {name} {before!r}; this job has {now!r}",
                    hint="give each job a checkpoint folder of its own",
                )


def _settings(hyperparameters: Hyperparameters) -> dict[str, Any]:
    """What must be the same for a job to go on with a checkpoint; num_round may have become more."""
    free = {"nthread"}
    settings = {name: value for name, value in hyperparameters.params.items() if name not in free}
    settings["eval_metric"] = list(hyperparameters.eval_metric)
    settings["early_stopping_rounds"] = hyperparameters.early_stopping_rounds
    return dict(json.loads(json.dumps(settings)))
