"""Confusion matrix: actual classes down, predicted classes across."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.report.evaluation import Counts
from pipeline.report.formats import shorten
from pipeline.report.plots.canvas import Margins, Plot, draw, short, widest
from pipeline.report.plots.palette import ACCENT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ACROSS = 6
MOST_WITH_NUMBERS = 10
MOST_WITH_NAMES = 20
LABEL_LENGTH = {2: 18, 3: 14, 4: 10}


def confusion(counts: Counts, classes: Sequence[str]) -> Plot:
    """`counts` is (k, k), rows actual; a cell's depth is its share of the actual class."""
    size = len(classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    labels = [shorten(name, LABEL_LENGTH.get(size, 6)) for name in classes]
    upright, named = size > MOST_ACROSS, size <= MOST_WITH_NAMES

    def paint(axes: Axes) -> None:
        from matplotlib.collections import PolyCollection
        from matplotlib.colors import to_rgba_array

        places = np.arange(size)
        # Where cells are too many to be named, the empty ones are left out.
        cells = np.argwhere((counts > 0) | named)
        corners = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) * (0.47 if named else 0.5)
        # Half the colour at most: the count on it stays legible in light and dark.
        colours = to_rgba_array(ACCENT, 0.04 + 0.46 * shares[tuple(cells.T)])
        axes.add_collection(PolyCollection(list(cells[:, None, ::-1] + corners), facecolors=colours, linewidths=0))
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        axes.set_xticks(places if named else [], labels if named else [], color=INK, rotation=90 * upright)
        axes.set_yticks(places if named else [], labels if named else [], color=INK)
        if size <= MOST_WITH_NUMBERS:
            for row, column in np.ndindex(size, size):
                axes.text(column, row, short(int(counts[row, column])), ha="center", va="center", color=INK)

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
            margins=_margins(labels, upright),
        ),
    )


def _margins(labels: Sequence[str], upright: bool) -> Margins:
    if len(labels) > MOST_WITH_NAMES:
        return Margins(left=30, bottom=30)
    room = 24 + widest(labels)
    return Margins(left=room, bottom=room if upright else 40)


def _words(counts: Counts, classes: Sequence[str]) -> str:
    if len(classes) > MOST_WITH_NUMBERS:
        return f"{int(np.trace(counts)):,} of {int(counts.sum()):,} are right."
    lines = (
        f"Actual {name}: " + ", ".join(f"{count:,} as {other}" for count, other in zip(row, classes, strict=True))
        for name, row in zip(classes, counts, strict=True)
    )
    return "; ".join(lines) + "."
