"""Feature importance: the gain a feature's splits brought, the largest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.report.formats import plain, shorten
from pipeline.report.plots.canvas import HEIGHT, Margins, Plot, draw, short, widest
from pipeline.report.plots.palette import ACCENT, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FEATURES = 20


def importance(gains: Mapping[str, float]) -> Plot:
    largest = sorted(gains.items(), key=lambda item: -item[1])[:MOST_FEATURES]
    labels = [shorten(name, 22) for name, _ in largest]
    values = [gain for _, gain in largest]

    def paint(axes: Axes) -> None:
        places = range(len(values))
        axes.barh(places, values, height=0.62, color=ACCENT)
        for place, value in zip(places, values, strict=True):
            axes.annotate(short(value, 3), (value, place), (5, 0), textcoords="offset points", va="center", color=MUTED)
        axes.set_yticks(places, labels, color=INK)
        axes.set_xticks([])
        axes.set_xlim(0, 1.15 * max(values) or 1)
        axes.set_ylim(len(values) - 0.4, -0.6)

    shown = (
        f"The {len(values)} largest of {len(gains)} features" if len(gains) > len(values) else "Mean gain of a split"
    )
    margins = Margins(left=widest(labels), top=4, bottom=8)
    height = max(21 * len(values) + 12, min(34 * len(values) + 12, HEIGHT))
    return Plot(
        title="Feature importance",
        note=f"{shown}, by XGBoost's gain." if len(gains) > len(values) else f"{shown} on the feature, by XGBoost.",
        alt="Bar chart of gain: " + ", ".join(f"{name} {plain(gain)}" for name, gain in largest) + ".",
        svg=draw("importance", paint, grid="none", height=height, margins=margins),
    )
