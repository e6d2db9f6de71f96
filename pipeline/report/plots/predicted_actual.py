"""Predicted against actual value, with the line where they are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report.plots.canvas import Plot, draw, short
from pipeline.report.plots.cloud import cloud, cloud_note
from pipeline.report.plots.palette import INK
from pipeline.report.predictions import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def predicted_actual(label: Floats, prediction: Floats) -> Plot:
    low = float(min(label.min(), prediction.min()))
    high = float(max(label.max(), prediction.max()))
    room = 0.04 * (high - low) or 1.0

    def paint(axes: Axes) -> None:
        cloud(axes, label, prediction)
        axes.axline((low, low), slope=1, color=INK, linewidth=1, dashes=(4, 3))
        axes.set_xlim(low - room, high + room)
        axes.set_ylim(low - room, high + room)

    return Plot(
        title="Predicted against actual",
        note=f"{cloud_note(len(label))} A perfect model puts all of them on the dashed line.",
        alt=f"Scatter plot of {len(label):,} test rows: actual values from {short(label.min())} to "
        f"{short(label.max())}, predicted from {short(prediction.min())} to {short(prediction.max())}.",
        svg=draw("predicted-actual", paint, x="actual", y="predicted", grid="both"),
    )
