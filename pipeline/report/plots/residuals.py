"""Residuals (actual minus predicted): how large they are, and whether they depend on the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.report.plots.canvas import Plot, draw, short
from pipeline.report.plots.cloud import cloud
from pipeline.report.plots.palette import ACCENT, INK, SECOND
from pipeline.report.predictions import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def residual_histogram(label: Floats, prediction: Floats) -> Plot:
    residuals = label - prediction
    counts, edges = np.histogram(residuals, bins=32)
    half, most = np.quantile(np.abs(residuals), [0.5, 0.9])

    def paint(axes: Axes) -> None:
        axes.stairs(counts, edges, fill=True, color=ACCENT)
        axes.axvline(0, color=INK, linewidth=1, dashes=(4, 3))

    within = f"Half of the rows are within ±{short(half, 3)}, nine in ten within ±{short(most, 3)}."
    return Plot(
        title="Residuals",
        note=within,
        alt=f"Histogram of actual minus predicted, from {short(residuals.min())} to {short(residuals.max())}. {within}",
        svg=draw("residuals", paint, x="actual − predicted", y="rows"),
    )


def residuals_by_prediction(label: Floats, prediction: Floats) -> Plot:
    residuals = label - prediction
    groups = [group for group in np.array_split(np.argsort(prediction, kind="stable"), 10) if len(group)]
    centres = [float(np.median(prediction[group])) for group in groups]
    medians = [float(np.median(residuals[group])) for group in groups]

    def paint(axes: Axes) -> None:
        cloud(axes, prediction, residuals)
        axes.axhline(0, color=INK, linewidth=1, dashes=(4, 3))
        axes.plot(centres, medians, color=SECOND, linewidth=2)

    return Plot(
        title="Residuals by prediction",
        note="The solid line is the median of each tenth of the rows; where it leaves zero, the model is biased.",
        alt="Residuals against predicted value. Median residual by tenth of the rows, lowest predictions first: "
        + ", ".join(short(median, 3) for median in medians)
        + ".",
        svg=draw("residuals-by-prediction", paint, x="predicted", y="actual − predicted", grid="both"),
    )
