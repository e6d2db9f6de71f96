"""The metrics that AWS's container adds to XGBoost's own, in NumPy; rows count by their weights, on all hosts.

Classes are those that XGBoost predicts: the likeliest of several, or the one above one half of two. Precision,
recall and F1 of a class without rows are 0, as scikit-learn has them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
CustomMetric = Callable[[Array, Any], list[tuple[str, float]]]
Total = Callable[[Array], Array]


def custom_metric(names: Sequence[str], objective: str, classes: int = 2, total: Total = np.asarray) -> CustomMetric:
    """A `custom_metric` for `xgboost.train` that reports the named metrics in their order.

    `total` adds up a float64 array over all hosts; by default there is one.
    """

    def evaluate(prediction: Array, matrix: Any) -> list[tuple[str, float]]:
        label, weight = matrix.get_label().astype(np.float64), matrix.get_weight().astype(np.float64)
        if not len(weight):
            weight = np.ones(len(label))
        scores: dict[str, float] = {}
        if not {"mse", "r2"}.isdisjoint(names):
            scores.update(_regression(label, prediction.astype(np.float64), weight, total))
        if not {"mse", "r2"}.issuperset(names):
            scores.update(_classification(total(_confusion(label, prediction, weight, objective, classes))))
        return [(name, scores[name]) for name in names]

    return evaluate


def _regression(label: Array, prediction: Array, weight: Array, total: Total) -> dict[str, float]:
    residual, weighed, weights = total(np.array([weight @ (label - prediction) ** 2, weight @ label, weight.sum()]))
    spread = float(total(np.array([weight @ (label - weighed / weights) ** 2]))[0])
    perfect = 1.0 if residual == 0 else 0.0
    return {"mse": float(residual / weights), "r2": 1 - float(residual) / spread if spread else perfect}


def _confusion(label: Array, prediction: Array, weight: Array, objective: str, classes: int) -> Array:
    """The weight of the rows by true class (rows) and predicted class (columns)."""
    if objective == "multi:softprob":
        found = prediction.argmax(axis=1)
    elif objective == "multi:softmax":
        found = prediction.astype(np.int64)
    else:
        label = label > 0.5
        found = prediction > (0.0 if objective == "binary:logitraw" else 0.5)
    true, found = label.astype(np.int64), found.astype(np.int64)
    counts = np.bincount(true * classes + found, weights=weight, minlength=classes**2)
    # Of no rows NumPy counts whole numbers, whatever they weigh.
    return counts.astype(np.float64).reshape(classes, classes)


def _classification(confusion: Array) -> dict[str, float]:
    hits, true, found = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    recall, precision, f1 = _ratio(hits, true), _ratio(hits, found), _ratio(2 * hits, true + found)
    seen = (true + found) > 0
    accuracy = float(hits.sum() / confusion.sum())
    return {
        "accuracy": accuracy,
        "balanced_accuracy": float(recall[true > 0].mean()),
        "precision": float(precision[1]),
        "recall": float(recall[1]),
        "f1_binary": float(f1[1]),
        "f1": float(f1[seen].mean()),
        "f1_macro": float(f1[seen].mean()),
        "precision_macro": float(precision[seen].mean()),
        "recall_macro": float(recall[seen].mean()),
        # Each row has one true and one predicted class, so what is pooled over classes is the accuracy.
        "precision_micro": accuracy,
        "recall_micro": accuracy,
    }


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
