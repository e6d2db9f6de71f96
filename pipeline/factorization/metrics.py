"""What factorization machines say of themselves while they learn, by the names of AWS's algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.factorization.table import CLASSIFIER, REGRESSOR

# The metrics by kind of predictor, and whether more is better.
METRICS: Mapping[str, Mapping[str, bool]] = {
    REGRESSOR: {"rmse": False, "mse": False, "absolute_loss": False},
    CLASSIFIER: {
        "binary_classification_accuracy": True,
        "binary_classification_cross_entropy": False,
        "binary_f_beta": True,
    },
}
# In AWS's lines the F score says its beta.
_WRITTEN = {"binary_f_beta": "binary_f_1.000"}


def written(metric: str) -> str:
    """A metric as AWS's lines call it."""
    return _WRITTEN.get(metric, metric)


@dataclass
class Sums:
    """What metrics are made of, gathered batch by batch; scores are ratings, or probabilities of 1."""

    predictor_type: str
    rows: int = 0
    squares: float = 0.0
    differences: float = 0.0
    entropy: float = 0.0
    right: int = 0
    true_positives: int = 0
    positives: int = 0
    predicted: int = 0

    def add(self, scores: Any, labels: Any) -> None:
        """Takes in some rows' scores and labels."""
        error = scores.astype(np.float64) - labels
        self.rows += len(labels)
        self.squares += float(error @ error)
        self.differences += float(np.abs(error).sum())
        if self.predictor_type == CLASSIFIER:
            chance = np.clip(scores.astype(np.float64), 1e-15, 1 - 1e-15)
            self.entropy -= float(np.log(np.where(labels > 0.5, chance, 1 - chance)).sum())
            said, so = scores >= 0.5, labels > 0.5
            self.right += int((said == so).sum())
            self.true_positives += int((said & so).sum())
            self.positives += int(so.sum())
            self.predicted += int(said.sum())

    def metrics(self) -> dict[str, float]:
        """The metrics of all rows so far."""
        rows = max(1, self.rows)
        if self.predictor_type == REGRESSOR:
            mse = self.squares / rows
            return {"rmse": mse**0.5, "mse": mse, "absolute_loss": self.differences / rows}
        found = self.positives + self.predicted
        return {
            "binary_classification_accuracy": self.right / rows,
            "binary_classification_cross_entropy": self.entropy / rows,
            "binary_f_beta": 2 * self.true_positives / found if found else 0.0,
        }


def lines(channel: str, metrics: Mapping[str, float], predictor_type: str, host: str, epoch: int | None) -> list[str]:
    """Metrics as AWS's algorithm logs them; those of the test channel belong to no epoch."""
    place = f"host={host}, " + ("" if epoch is None else f"epoch={epoch}, ")
    return [
        f"#quality_metric: {place}{channel} {written(name)} "
        f"<{'score' if METRICS[predictor_type][name] else 'loss'}>={value!r}"
        for name, value in metrics.items()
    ]
