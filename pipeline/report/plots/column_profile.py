"""One column of the data, small: a histogram of numbers, or its most frequent values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.report.formats import plain, shorten
from pipeline.report.plots.canvas import Margins, Plot, draw, short, widest
from pipeline.report.plots.palette import ACCENT, INK, LINE, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 180, 120
MOST_VALUES = 5


def column_profile(column: Mapping[str, Any]) -> Plot | None:
    """The column's plot, or None if the profile has neither histogram nor top values."""
    if column.get("histogram") and column["histogram"]["counts"]:
        return _numbers(column)
    return _values(column) if column.get("top") else None


def _note(column: Mapping[str, Any]) -> str:
    parts = [f"{column['distinct']:,} distinct"] if column.get("distinct") is not None else []
    parts += [f"{column['nulls']:,} null"] if column.get("nulls") else []
    return ", ".join(parts)


def _numbers(column: Mapping[str, Any]) -> Plot:
    edges = np.asarray(column["histogram"]["edges"], dtype=np.float64)
    counts = np.asarray(column["histogram"]["counts"])
    # Where there is one value only, its bar still gets a width.
    drawn = edges if edges[0] < edges[-1] else edges + np.linspace(-0.5, 0.5, len(edges))

    def paint(axes: Axes) -> None:
        axes.stairs(counts, drawn, fill=True, color=ACCENT)
        axes.set_yticks([])
        first, last = float(drawn[0]), float(drawn[-1])
        axes.set_xlim(first, last)
        axes.set_xticks([first, last], [short(edges[0]), short(edges[-1])])
        left, right = axes.get_xticklabels()
        left.set_horizontalalignment("left")
        right.set_horizontalalignment("right")

    peak = int(counts.argmax())
    return Plot(
        title=column["name"],
        note=_note(column),
        alt=f"Histogram of {column['name']} from {short(edges[0])} to {short(edges[-1])}; most rows, "
        f"{plain(int(counts[peak]))}, between {short(edges[peak])} and {short(edges[peak + 1])}.",
        svg=draw(
            f"column-{column['name']}",
            paint,
            width=WIDTH,
            height=HEIGHT,
            margins=Margins(left=4, right=4, top=6, bottom=20),
        ),
    )


def _values(column: Mapping[str, Any]) -> Plot:
    top = [(str(value), int(count)) for value, count in column["top"]]
    shown = top[:MOST_VALUES]
    rest = int(column.get("count") or 0) - sum(count for _, count in shown)
    if rest > 0:
        shown.append(("all others", rest))
    labels = [shorten(value, 12) or "(empty)" for value, _ in shown]

    def paint(axes: Axes) -> None:
        places = range(len(shown))
        colours = [LINE if rest > 0 and place == len(shown) - 1 else ACCENT for place in places]
        axes.barh(places, [count for _, count in shown], height=0.66, color=colours)
        for place, (_, count) in zip(places, shown, strict=True):
            axes.annotate(short(count), (count, place), (4, 0), textcoords="offset points", va="center", color=MUTED)
        axes.set_yticks(places, labels, color=INK)
        axes.set_xticks([])
        axes.set_xlim(0, 1.3 * max(count for _, count in shown) or 1)
        axes.set_ylim(max(len(shown), 3) - 0.4, -0.6)

    return Plot(
        title=column["name"],
        note=_note(column),
        alt=f"Bar chart of {column['name']}: " + ", ".join(f"{value} {count:,}" for value, count in shown) + ".",
        svg=draw(
            f"column-{column['name']}",
            paint,
            grid="none",
            width=WIDTH,
            height=HEIGHT,
            margins=Margins(left=widest(labels), right=4, top=4, bottom=4),
        ),
    )
