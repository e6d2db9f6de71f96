"""Recall and precision of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.report.evaluation import Counts, share
from pipeline.report.formats import percent, shorten
from pipeline.report.plots.canvas import Margins, Plot, draw, widest
from pipeline.report.plots.palette import ACCENT, INK, LINE, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CLASSES = 20


def per_class(counts: Counts, classes: Sequence[str]) -> Plot:
    """`counts` is the confusion matrix, rows actual; the largest classes are shown."""
    shown = np.argsort(-counts.sum(axis=1), kind="stable")[:MOST_CLASSES]
    right = np.diag(counts)
    recall, precision = share(right, counts.sum(axis=1))[shown], share(right, counts.sum(axis=0))[shown]
    names = [classes[place] for place in shown]
    labels = [shorten(name, 18) for name in names]

    def paint(axes: Axes) -> None:
        places = np.arange(len(shown))
        axes.hlines(places, 0, 1, color=LINE, linewidth=1)
        axes.plot(recall, places, "o", color=ACCENT, markersize=8, markeredgewidth=0, label="recall", clip_on=False)
        axes.plot(
            precision, places, "D", color=SECOND, markersize=6, markeredgewidth=0, label="precision", clip_on=False
        )
        axes.set_yticks(places, labels, color=INK)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(shown) - 0.5, -0.5)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, labelcolor=INK, handletextpad=0.2)

    def word(value: float) -> str:
        return "undefined" if np.isnan(value) else percent(value)

    rows = zip(names, recall, precision, strict=True)
    return Plot(
        title="Recall and precision by class",
        note="Recall: how much of the class was found. Precision: how much of what was called so is.",
        alt="; ".join(f"{name}: recall {word(r)}, precision {word(p)}" for name, r, p in rows) + ".",
        svg=draw(
            "per-class",
            paint,
            grid="none",
            height=max(26 * len(shown) + 70, 180),
            margins=Margins(left=widest(labels), top=34, bottom=30),
        ),
    )
