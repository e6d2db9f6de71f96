"""What a report refuses: input that would make the page say something untrue."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from pipeline.errors import DataError
from pipeline.report import evaluation
from pipeline.report.predictions import ReportData

TASKS = ("regression", "binary", "multiclass")
METRIC_TOLERANCE = 1e-3  # relative; float32 sums over many rows stay well inside


def check(run: Mapping[str, Any], data: ReportData) -> None:
    """Raise DataError where run and predictions contradict themselves or each other."""
    for key in ("name", "status"):
        if not isinstance(run.get(key), str):
            raise _problem(key, run.get(key), "a text")
    if run.get("task") not in TASKS:
        raise _problem("task", run.get("task"), " or ".join(TASKS))
    _check_predictions(run, data)
    _check_metrics(run, data)
    _check_verification(run.get("verification"))
    _check_profile(run.get("profile"))


def _problem(key: str, found: Any, expected: str, hint: str | None = None) -> DataError:
    return DataError(f"{key} is {found!r}", source="run.json", value=found, expected=expected, hint=hint)


def _check_predictions(run: Mapping[str, Any], data: ReportData) -> None:
    rows = data.rows
    dimensions = 2 if run["task"] == "multiclass" else 1
    if data.label.ndim != 1 or data.prediction.ndim != dimensions or len(data.prediction) != rows:
        shapes = f"labels {data.label.shape} and predictions {data.prediction.shape}"
        expected = "(n,) and (n, classes)" if dimensions == 2 else "(n,) and (n,)"
        raise DataError(f"{run['task']} has {shapes}", source="predictions", expected=expected)
    if not rows:
        return
    if not (np.isfinite(data.label).all() and np.isfinite(data.prediction).all()):
        raise DataError("a label or prediction is NaN or infinite", source="predictions", expected="finite numbers")
    test_rows = (run.get("splits") or {}).get("test")
    if test_rows is not None and test_rows != rows:
        raise _problem("splits.test", test_rows, f"{rows}, the number of predictions")
    if run["task"] != "regression":
        _check_classes(run, data)


def _check_classes(run: Mapping[str, Any], data: ReportData) -> None:
    classes = data.prediction.shape[1] if data.prediction.ndim == 2 else 2
    if data.prediction.min() < 0 or data.prediction.max() > 1:
        raise DataError(
            f"a probability is {data.prediction.min():g} to {data.prediction.max():g}",
            source="predictions",
            expected="0 to 1",
            hint="a margin is turned into a probability by the objective: predict with output_margin=False",
        )
    labels = np.unique(data.label)
    if not np.isin(labels, np.arange(classes)).all():
        raise DataError(f"labels are {labels[:10].tolist()}", source="predictions", expected=f"0 to {classes - 1}")
    names = run.get("classes")
    if names and len(names) != classes:
        raise _problem("classes", names, f"{classes} names")


def _recomputed(task: str, data: ReportData) -> Iterator[tuple[str, float]]:
    if task == "regression":
        error = data.label - data.prediction
        yield "rmse", math.sqrt(np.square(error).mean())
        yield "mae", np.abs(error).mean()
        return
    yield "accuracy", (evaluation.predicted_class(data.prediction) == data.label).mean()
    if task == "binary" and len(np.unique(data.label)) == 2:
        yield "auc", evaluation.auc(data.label, data.prediction)


def _check_metrics(run: Mapping[str, Any], data: ReportData) -> None:
    metrics = run.get("metrics") or {}
    if not metrics or not data.rows:
        return
    for name, value in _recomputed(run["task"], data):
        if name in metrics and not math.isclose(metrics[name], value, rel_tol=METRIC_TOLERANCE, abs_tol=1e-9):
            hint = "metrics and predictions must come from the same model and the same test rows"
            raise _problem(f"metrics.{name}", metrics[name], f"{value:.6g}, as the predictions have it", hint)


def _check_verification(verification: Mapping[str, Any] | None) -> None:
    if not verification:
        return
    for key in ("rows", "feature_differences", "prediction_differences"):
        if not isinstance(verification.get(key), int):
            raise _problem(f"verification.{key}", verification.get(key), "a count")
    total = verification["feature_differences"] + verification["prediction_differences"]
    in_pairs = sum(pair["differences"] for pair in verification.get("pairs") or [])
    if in_pairs and not total:
        raise _problem("verification.pairs", in_pairs, "0 differences, as the totals have it")


def _check_profile(profile: Mapping[str, Any] | None) -> None:
    for column in (profile or {}).get("columns") or []:
        histogram = column.get("histogram")
        if histogram and len(histogram["edges"]) != len(histogram["counts"]) + 1:
            edges = len(histogram["edges"])
            expected = f"{len(histogram['counts']) + 1}, one more than counts"
            raise _problem(f"profile of {column['name']!r}: number of histogram edges", edges, expected)
