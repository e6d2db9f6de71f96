"""ROC curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import evaluation
from pipeline.report.formats import plain
from pipeline.report.plots.canvas import Plot, draw
from pipeline.report.plots.palette import ACCENT, INK
from pipeline.report.predictions import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def roc(label: Floats, probability: Floats) -> Plot:
    false_rate, true_rate = evaluation.roc(label, probability)
    area = plain(evaluation.auc(label, probability))

    def paint(axes: Axes) -> None:
        axes.plot(false_rate, true_rate, color=ACCENT, linewidth=2)
        axes.axline((0, 0), slope=1, color=INK, linewidth=1, dashes=(4, 3))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)

    return Plot(
        title="ROC curve",
        note=f"Area under the curve {area}. The dashed line is chance.",
        alt=f"ROC curve with an area of {area}.",
        svg=draw("roc", paint, x="false positive rate", y="true positive rate", grid="both"),
    )
