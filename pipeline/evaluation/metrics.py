"""How good the predictions are, beside a baseline that learned nothing."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

REGRESSION, BINARY, MULTICLASS = "regression", "binary", "multiclass"


def task_of(objective: str) -> str:
    """What kind of problem an XGBoost objective solves."""
    if objective.startswith("multi:"):
        return MULTICLASS
    return BINARY if objective == "binary:logistic" else REGRESSION


def evaluate(task: str, label: Any, prediction: Any, classes: int) -> tuple[dict[str, Any], Any]:
    """The metrics of a task with their `baseline`, and predictions as the report draws them.

    The baseline of a regression predicts the mean, that of a classification the classes' frequencies.
    """
    with warnings.catch_warnings():
        # scikit-learn warns of classes that the test rows lack; the figures stay defined.
        warnings.simplefilter("ignore")
        if task == REGRESSION:
            return _regression(label, prediction), prediction
        if task == BINARY:
            return _binary(label, prediction), prediction
        probabilities = prediction if prediction.ndim == 2 else np.eye(classes)[prediction.astype(int)]
        return _multiclass(label, probabilities), probabilities


def _regression(label: Any, prediction: Any) -> dict[str, Any]:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    return _rounded(
        {
            "rmse": root_mean_squared_error(label, prediction),
            "mae": mean_absolute_error(label, prediction),
            "r2": r2_score(label, prediction),
        },
        {"rmse": float(np.std(label))},
    )


def _binary(label: Any, probability: Any) -> dict[str, Any]:
    from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score, roc_auc_score

    chosen = probability > 0.5
    share = float(np.mean(label))
    both = len(np.unique(label)) > 1
    return _rounded(
        {
            "accuracy": accuracy_score(label, chosen),
            "auc": roc_auc_score(label, probability) if both else None,
            "logloss": log_loss(label, probability.astype(np.float64), labels=[0, 1]),
            "precision": precision_score(label, chosen, zero_division=0),
            "recall": recall_score(label, chosen, zero_division=0),
            "f1": f1_score(label, chosen, zero_division=0),
        },
        {
            "accuracy": max(share, 1 - share),
            "auc": 0.5,
            "logloss": log_loss(label, np.full(len(label), share), labels=[0, 1]),
        },
    )


def _multiclass(label: Any, probabilities: Any) -> dict[str, Any]:
    from sklearn.metrics import accuracy_score, f1_score, log_loss

    chosen = probabilities.argmax(axis=1)
    names = np.arange(probabilities.shape[1])
    sums = probabilities.astype(np.float64)
    shares = np.bincount(label.astype(int), minlength=len(names)) / len(label)
    return _rounded(
        {
            "accuracy": accuracy_score(label, chosen),
            "mlogloss": log_loss(label, sums / sums.sum(axis=1, keepdims=True), labels=names),
            "macro_f1": f1_score(label, chosen, average="macro", zero_division=0),
        },
        {"accuracy": shares.max(), "mlogloss": log_loss(label, np.tile(shares, (len(label), 1)), labels=names)},
    )


def _rounded(metrics: dict[str, Any], baseline: dict[str, Any]) -> dict[str, Any]:
    def plain(values: dict[str, Any]) -> dict[str, Any]:
        return {name: None if value is None else float(value) for name, value in values.items()}

    return {**plain(metrics), "baseline": plain(baseline)}
