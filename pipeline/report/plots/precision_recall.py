"""Precision against recall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.report import evaluation
from pipeline.report.formats import percent
from pipeline.report.plots.canvas import Plot, draw
from pipeline.report.plots.palette import ACCENT, INK
from pipeline.report.predictions import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def precision_recall(label: Floats, probability: Floats) -> Plot:
    recall, precision = evaluation.precision_recall(label, probability)
    # Below the score of the last true one, precision only falls.
    end = int(recall.argmax()) + 1
    recall, precision = recall[:end], precision[:end]
    share = float(np.mean(label == 1))

    def paint(axes: Axes) -> None:
        axes.step(recall, precision, where="pre", color=ACCENT, linewidth=2)
        axes.axhline(share, color=INK, linewidth=1, dashes=(4, 3))
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)

    def at(wanted: float) -> str:
        return percent(float(precision[np.searchsorted(recall, wanted)]))

    return Plot(
        title="Precision and recall",
        note=f"The dashed line is chance: {percent(share)} of the rows are of class 1.",
        alt=f"Precision by recall: {at(0.25)} at a recall of 25%, {at(0.5)} at 50%, {at(0.75)} at 75%.",
        svg=draw("precision-recall", paint, x="recall", y="precision", grid="both"),
    )
