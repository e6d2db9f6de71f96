"""Which plots a run gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.report import evaluation
from pipeline.report.plots.calibration import calibration
from pipeline.report.plots.canvas import Plot
from pipeline.report.plots.column_profile import column_profile
from pipeline.report.plots.confusion import confusion
from pipeline.report.plots.importance import importance
from pipeline.report.plots.per_class import per_class
from pipeline.report.plots.precision_recall import precision_recall
from pipeline.report.plots.predicted_actual import predicted_actual
from pipeline.report.plots.residuals import residual_histogram, residuals_by_prediction
from pipeline.report.plots.roc import roc
from pipeline.report.plots.training_curve import training_curve
from pipeline.report.predictions import ReportData

MOST_COLUMNS = 12


def evaluation_plots(run: Mapping[str, Any], data: ReportData) -> list[Plot]:
    """The task's plots on the test rows; none without rows."""
    if not data.rows:
        return []
    label, prediction = data.label, data.prediction
    if run["task"] == "regression":
        plots = (predicted_actual, residuals_by_prediction, residual_histogram)
        return [plot(label, prediction) for plot in plots]
    if run["task"] == "binary":
        # With one class only, neither curve is defined.
        both = len(np.unique(label)) == 2
        curves = [roc(label, prediction), precision_recall(label, prediction)] if both else []
        return [*curves, calibration(label, prediction), confusion(*_counts(run, data))]
    counts, classes = _counts(run, data)
    return [confusion(counts, classes), per_class(counts, classes)]


def _counts(run: Mapping[str, Any], data: ReportData) -> tuple[evaluation.Counts, list[str]]:
    size = data.prediction.shape[1] if data.prediction.ndim == 2 else 2
    counts = evaluation.confusion(data.label, evaluation.predicted_class(data.prediction), size)
    return counts, [str(name) for name in run.get("classes") or range(size)]


def model_plots(run: Mapping[str, Any]) -> list[Plot]:
    """Importance, and one curve for each metric that was watched."""
    training = run.get("training") or {}
    curves: dict[str, dict[str, Any]] = {}
    for name, metrics in (training.get("evals") or {}).items():
        for metric, values in metrics.items():
            if values:
                curves.setdefault(metric, {})[name] = values
    plots = [training_curve(metric, sets, training.get("best_iteration")) for metric, sets in curves.items()]
    return [importance(training["importance"]), *plots] if training.get("importance") else plots


def data_plots(run: Mapping[str, Any]) -> list[Plot]:
    """Small plots of the first columns; the table has all of them."""
    columns = (run.get("profile") or {}).get("columns") or []
    plots = [column_profile(column) for column in columns[:MOST_COLUMNS]]
    return [plot for plot in plots if plot is not None]
