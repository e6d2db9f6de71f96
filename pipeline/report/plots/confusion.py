"""Confusion matrix: actual classes down, predicted classes across."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.report.evaluation import Counts
from pipeline.report.formats import shorten
from pipeline.report.plots.canvas import Margins, Plot, draw, short, widest
from pipeline.report.plots.palette import ACCENT, INK, SURFACE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_WITH_NUMBERS = 10
MOST_WITH_NAMES = 20


def confusion(counts: Counts, classes: Sequence[str]) -> Plot:
    """`counts` is (k, k), rows actual; a cell's depth is its share of the actual class."""
    size = len(classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    labels = [shorten(name, 12 if size <= 4 else 6) for name in classes]

    def paint(axes: Axes) -> None:
        from matplotlib.colors import to_rgba_array

        places = np.arange(size)
        columns, rows = np.meshgrid(places, places)
        colours = to_rgba_array(ACCENT, 0.05 + 0.95 * shares.ravel())
        gap = 0.94 if size <= MOST_WITH_NAMES else 1.0
        axes.bar(columns.ravel(), gap, width=gap, bottom=rows.ravel() - gap / 2, color=colours)
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        named = size <= MOST_WITH_NAMES
        axes.set_xticks(places if named else [], labels if named else [], color=INK)
        axes.set_yticks(places if named else [], labels if named else [], color=INK)
        if size <= MOST_WITH_NUMBERS:
            for row, column in np.ndindex(size, size):
                colour = SURFACE if shares[row, column] > 0.5 else INK
                axes.text(column, row, short(counts[row, column]), ha="center", va="center", color=colour)

    right = int(np.trace(counts))
    return Plot(
        title="Confusion matrix",
        note=f"{right:,} of {int(counts.sum()):,} rows are on the diagonal, where prediction and truth agree.",
        alt="Rows by actual and predicted class. " + _words(counts, classes),
        svg=draw(
            "confusion",
            paint,
            x="predicted",
            y="actual",
            grid="none",
            margins=Margins(left=24 + widest(labels) if size <= MOST_WITH_NAMES else 30),
        ),
    )


def _words(counts: Counts, classes: Sequence[str]) -> str:
    if len(classes) > MOST_WITH_NUMBERS:
        return f"{int(np.trace(counts)):,} of {int(counts.sum()):,} are right."
    lines = (
        f"Actual {name}: " + ", ".join(f"{count:,} as {other}" for count, other in zip(row, classes, strict=True))
        for name, row in zip(classes, counts, strict=True)
    )
    return "; ".join(lines) + "."
