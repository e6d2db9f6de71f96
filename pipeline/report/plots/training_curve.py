"""A metric by boosting round, on each data set that was watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.report.formats import plain, plural
from pipeline.report.plots.canvas import Margins, Plot, draw
from pipeline.report.plots.palette import ACCENT, INK, MUTED, SECOND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (ACCENT, SECOND, MUTED)
LABEL_HEIGHT = 0.07  # of the plotting area


def training_curve(metric: str, sets: Mapping[str, Sequence[float]], best: int | None) -> Plot:
    """`sets` holds the metric's value after each round; `best` counts rounds from 0, as XGBoost does."""
    rounds = max(map(len, sets.values()))

    def paint(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        for (_, values), colour in zip(sets.items(), COLOURS, strict=False):
            marker = "o" if len(values) == 1 else ""
            axes.plot(range(1, len(values) + 1), values, color=colour, linewidth=2, marker=marker)
        if best is not None:
            axes.axvline(best + 1, color=INK, linewidth=1, dashes=(4, 3))
        axes.set_xlim(1 if rounds > 1 else 0, max(rounds, 2))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        _label_ends(axes, sets)

    at_best = f" The dashed line is the best round, {best + 1:,}." if best is not None else ""
    ends = ", ".join(f"{name} from {plain(values[0])} to {plain(values[-1])}" for name, values in sets.items())
    return Plot(
        title=f"Training curve: {metric}",
        note=f"After {plural(rounds, 'round')}: "
        + ", ".join(f"{n} {plain(v[-1])}" for n, v in sets.items())
        + f".{at_best}",
        alt=f"Line chart of {metric} over {plural(rounds, 'round')}: {ends}.{at_best}",
        svg=draw(f"training-{metric}", paint, x="round", y=metric, margins=Margins(right=68)),
    )


def _label_ends(axes: Axes, sets: Mapping[str, Sequence[float]]) -> None:
    """Name each line at its end, with names pushed apart where the ends nearly meet."""
    low, high = axes.get_ylim()
    ends = sorted((((values[-1] - low) / (high - low)), name) for name, values in sets.items())
    height = -1.0
    colours = dict(zip(sets, COLOURS, strict=False))
    for end, name in ends:
        height = max(end, height + LABEL_HEIGHT)
        axes.text(1.02, height, name, transform=axes.transAxes, va="center", color=colours.get(name, INK))
