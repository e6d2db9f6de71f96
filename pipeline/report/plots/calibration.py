"""Calibration: how often class 1 comes true, by the probability it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import evaluation
from pipeline.report.formats import percent
from pipeline.report.plots.canvas import Plot, draw
from pipeline.report.plots.palette import ACCENT, INK
from pipeline.report.predictions import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def calibration(label: Floats, probability: Floats) -> Plot:
    means, shares, rows = evaluation.calibration(label, probability)

    def paint(axes: Axes) -> None:
        axes.axline((0, 0), slope=1, color=INK, linewidth=1, dashes=(4, 3))
        axes.plot(means, shares, "o-", color=ACCENT, linewidth=1.5, markersize=6, markeredgewidth=0, clip_on=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)

    pairs = ", ".join(f"{percent(mean)} said, {percent(share)} seen" for mean, share in zip(means, shares, strict=True))
    return Plot(
        title="Calibration",
        note=f"{len(rows)} groups of about {rows[0]:,} rows, by predicted probability. On the dashed line, "
        "probabilities can be taken at their word.",
        alt=f"Predicted probability of class 1 and its observed share: {pairs}.",
        svg=draw("calibration", paint, x="predicted probability", y="observed share", grid="both"),
    )
