"""Many points: each one drawn while they can be told apart, counted in hexagons beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.report.plots.palette import ACCENT
from pipeline.report.predictions import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 1500


def cloud(axes: Axes, x: Floats, y: Floats) -> None:
    """Draw the points (x, y), stronger where there are more."""
    if len(x) <= MOST_POINTS:
        axes.plot(x, y, "o", markersize=5, markerfacecolor=ACCENT, markeredgewidth=0, alpha=0.4)
        return
    from matplotlib.colors import to_rgba_array

    cells = axes.hexbin(x, y, gridsize=36, mincnt=1, linewidths=0)
    counts = np.asarray(cells.get_array(), dtype=np.float64)
    # One colour, by opacity: it then fits a light and a dark page.
    cells.set_array(None)
    cells.set_facecolor(to_rgba_array(ACCENT, 0.12 + 0.88 * np.sqrt(counts / counts.max())))


def cloud_note(rows: int) -> str:
    """What one mark stands for."""
    return "One point is one test row." if rows <= MOST_POINTS else "The stronger the colour, the more test rows."
