"""The curves and counts behind the plots, as NumPy arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.report.predictions import Floats

Counts = NDArray[np.int64]


def _ranked(label: Floats, score: Floats) -> tuple[Counts, Counts]:
    """True and false positives when the cut-off falls below each distinct score, highest first."""
    order = np.argsort(-score, kind="stable")
    last_of_ties = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    true = np.cumsum(label[order] == 1)[last_of_ties]
    return true, last_of_ties + 1 - true


def roc(label: Floats, score: Floats) -> tuple[Floats, Floats]:
    """False and true positive rate, each (distinct scores + 1,), from 0 to 1; both classes must occur."""
    true, false = _ranked(label, score)
    return np.append(0.0, false / false[-1]), np.append(0.0, true / true[-1])


def auc(label: Floats, score: Floats) -> float:
    """Area under the ROC curve; tied scores count half."""
    false_rate, true_rate = roc(label, score)
    return float(np.trapezoid(true_rate, false_rate))


def precision_recall(label: Floats, score: Floats) -> tuple[Floats, Floats]:
    """Recall and precision at each distinct score, highest first; class 1 must occur."""
    true, false = _ranked(label, score)
    return true / true[-1], true / (true + false)


def calibration(label: Floats, score: Floats, groups: int = 10) -> tuple[Floats, Floats, Counts]:
    """Mean score, share of class 1 and rows of equally large groups, ordered by score."""
    parts = [part for part in np.array_split(np.argsort(score, kind="stable"), groups) if len(part)]
    means = np.array([score[part].mean() for part in parts])
    shares = np.array([label[part].mean() for part in parts])
    return means, shares, np.array([len(part) for part in parts])


def confusion(label: Floats, predicted: Floats, classes: int) -> Counts:
    """Rows by actual class (first axis) and predicted class (second axis): (classes, classes)."""
    cells = label.astype(np.int64) * classes + predicted.astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def predicted_class(prediction: Floats) -> Floats:
    """The class index a prediction stands for; a probability of exactly 0.5 is class 0, as in XGBoost's `error`."""
    if prediction.ndim == 2:
        return np.asarray(prediction.argmax(axis=1), dtype=np.float64)
    return np.where(prediction > 0.5, 1.0, 0.0)


def share(part: Counts, whole: Counts) -> Floats:
    """part / whole; NaN where the whole is empty."""
    quotient: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return quotient
