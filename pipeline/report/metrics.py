"""What the metrics are called, which way is better, and how far they are from the baseline."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.formats import percent

LABELS = {
    "rmse": "RMSE",
    "mae": "MAE",
    "mse": "MSE",
    "r2": "R²",
    "accuracy": "Accuracy",
    "auc": "AUC",
    "aucpr": "PR AUC",
    "logloss": "Log loss",
    "mlogloss": "Log loss",
    "merror": "Error rate",
    "error": "Error rate",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "macro_f1": "Macro F1",
}
LOWER_IS_BETTER = {"rmse", "mae", "mse", "mape", "logloss", "mlogloss", "error", "merror"}
HIGHER_IS_BETTER = {"r2", "accuracy", "auc", "aucpr", "precision", "recall", "f1", "macro_f1"}
# Of the so many best items: more is better.
_RANKING = re.compile(r"(precision|recall)_at_(\d+)")
MAIN = {
    "regression": ("rmse", "mae", "r2"),
    "binary": ("auc", "accuracy", "logloss"),
    "multiclass": ("accuracy", "macro_f1", "mlogloss"),
}
BASELINES = {
    "regression": "predicting the mean",
    "binary": "always guessing the most frequent class",
    "multiclass": "always guessing the most frequent class",
}


@dataclass(frozen=True)
class Metric:
    """One metric on the test rows; `better` is None where direction or baseline is not known."""

    name: str
    label: str
    value: float
    baseline: float | None
    comparison: str
    better: bool | None


def _metric(name: str, value: float, baseline: float | None) -> Metric:
    comparison, better = "", None
    ranking = _RANKING.fullmatch(name)
    if baseline is not None and (ranking or name in LOWER_IS_BETTER | HIGHER_IS_BETTER):
        gain = baseline - value if name in LOWER_IS_BETTER else value - baseline
        better = gain > 0
        direction = "lower" if value < baseline else "higher"
        if value == baseline:
            comparison = "no better"
        elif name in LOWER_IS_BETTER and baseline > 0:
            comparison = f"{percent(abs(gain) / baseline)} {direction}"
        else:
            comparison = f"{abs(gain):.{3 if ranking else 2}f} {direction}"
    label = f"{LABELS[ranking[1]]} at {ranking[2]}" if ranking else LABELS.get(name, name)
    return Metric(name, label, value, baseline, comparison, better)


def metric_rows(run: Mapping[str, Any]) -> list[Metric]:
    """Every metric of the run, in the run's order."""
    found = run.get("metrics") or {}
    baseline = found.get("baseline") or {}
    return [_metric(name, value, baseline.get(name)) for name, value in found.items() if name != "baseline"]


def main_metric(run: Mapping[str, Any]) -> Metric | None:
    """The metric the task is usually judged by, or the first there is."""
    rows = {metric.name: metric for metric in metric_rows(run)}
    names = [name for name in MAIN[run["task"]] if name in rows] or list(rows)
    return rows[names[0]] if names else None
