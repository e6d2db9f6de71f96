"""The evaluation metrics of SageMaker's built-in XGBoost: their names, and which objective each one fits."""

from __future__ import annotations

import difflib
import re

from pipeline.errors import TrainingError
from pipeline.training.objectives import OBJECTIVES, Family

_ONE_OUTPUT: tuple[Family, ...] = ("regression", "binary", "ranking", "survival")
_CLASSES: tuple[Family, ...] = ("binary", "multiclass")

# XGBoost's own metrics.
NATIVE: dict[str, tuple[Family, ...]] = {
    "rmse": _ONE_OUTPUT,
    "rmsle": _ONE_OUTPUT,
    "mae": _ONE_OUTPUT,
    "mape": _ONE_OUTPUT,
    "mphe": _ONE_OUTPUT,
    "logloss": _ONE_OUTPUT,
    "error": _ONE_OUTPUT,
    "poisson-nloglik": _ONE_OUTPUT,
    "gamma-nloglik": _ONE_OUTPUT,
    "gamma-deviance": _ONE_OUTPUT,
    "tweedie-nloglik": _ONE_OUTPUT,
    "cox-nloglik": _ONE_OUTPUT,
    # Known, but only of use to survival:aft, whose bounds no channel carries.
    "aft-nloglik": (),
    "interval-regression-accuracy": (),
    "merror": ("multiclass",),
    "mlogloss": ("multiclass",),
    "auc": ("binary", "multiclass", "ranking"),
    "aucpr": ("binary", "multiclass", "ranking"),
    "map": ("binary", "ranking"),
    "ndcg": ("binary", "ranking"),
}

# Metrics that AWS's container adds; `extra_metrics` computes them.
EXTRA: dict[str, tuple[Family, ...]] = {
    "mse": _ONE_OUTPUT,
    "r2": _ONE_OUTPUT,
    "accuracy": _CLASSES,
    "balanced_accuracy": _CLASSES,
    "f1": _CLASSES,
    "f1_macro": _CLASSES,
    "f1_binary": ("binary",),
    "precision": ("binary",),
    "precision_macro": _CLASSES,
    "precision_micro": _CLASSES,
    "recall": ("binary",),
    "recall_macro": _CLASSES,
    "recall_micro": _CLASSES,
}

_FITS = {**NATIVE, **EXTRA}
_MAXIMIZED = {"auc", "aucpr", "map", "ndcg", *EXTRA} - {"mse"}

# `error@0.7`, `tweedie-nloglik@1.5`; `ndcg@5`, `map@5-`: the minus scores a query without relevant rows as 0.
_THRESHOLD = re.compile(r"(error|tweedie-nloglik)@([0-9]+\.?[0-9]*|\.[0-9]+)")
_RANKED = re.compile(r"(map|ndcg)(@[1-9][0-9]*)?-?")


def canonical_metric(text: str, objective: str, tweedie_variance_power: float) -> str:
    """The name by which XGBoost reports a metric.

    Raises TrainingError for a name that is not known or does not fit the objective.
    """
    threshold, ranked = _THRESHOLD.fullmatch(text), _RANKED.fullmatch(text)
    named = threshold or ranked
    base = named[1] if named else text
    if base not in _FITS:
        near = difflib.get_close_matches(base.split("@")[0], _FITS, n=1)
        raise TrainingError(
            f"eval_metric: {text!r} is not a metric; allowed: {', '.join(_FITS)}, "
            "and error@THRESHOLD, tweedie-nloglik@POWER, map@N, ndcg@N",
            hint=f"did you mean {near[0]!r}?" if near else None,
        )
    if OBJECTIVES[objective].family not in _FITS[base]:
        fitting = [name for name, families in _FITS.items() if OBJECTIVES[objective].family in families]
        raise TrainingError(
            f"eval_metric: {text!r} does not fit the objective {objective!r}; these do: {', '.join(fitting)}"
        )
    if base == "tweedie-nloglik":
        return f"{base}@{float(threshold[2]) if threshold else tweedie_variance_power:g}"
    # XGBoost reports the threshold 0.5 without a number.
    if threshold:
        return "error" if float(threshold[2]) == 0.5 else f"error@{float(threshold[2]):g}"
    return text


def is_maximized(metric: str) -> bool:
    """True where more is better."""
    return re.split("[@-]", metric)[0] in _MAXIMIZED
