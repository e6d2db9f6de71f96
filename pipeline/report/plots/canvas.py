"""An empty plot in the house style, and its way to the page. Lengths are SVG units; text is 11 of them high."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.report.formats import plain
from pipeline.report.plots.palette import LINE, MUTED
from pipeline.report.plots.svg import to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Grid = Literal["x", "y", "both", "none"]

WIDTH, HEIGHT = 400, 290
UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Plot:
    """A drawn plot. `note` stands under the title; `alt` says in words what a reader would see."""

    title: str
    note: str
    alt: str
    svg: str


@dataclass(frozen=True)
class Margins:
    """Room around the plotting area, for labels."""

    left: float = 48
    right: float = 14
    top: float = 12
    bottom: float = 40


@contextmanager
def _style(name: str) -> Iterator[None]:
    import matplotlib

    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,  # ids differ between plots and not between runs
        "text.parse_math": False,  # a column may be called "$x^"
        "font.size": 11,
        "axes.axisbelow": True,
        "path.simplify_threshold": 0.3,
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # Text is written as text: that the font for measuring lacks a letter does not matter.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from")
        yield


def draw(
    name: str,
    paint: Callable[[Axes], None],
    *,
    x: str = "",
    y: str = "",
    grid: Grid = "y",
    width: float = WIDTH,
    height: float = HEIGHT,
    margins: Margins = Margins(),
) -> str:
    """The SVG of what `paint` does to fresh axes. `name` must be unique on the page; `grid` is x, y, both or none."""
    with _style(name):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        figure.patch.set_visible(False)
        inner_width = width - margins.left - margins.right
        inner_height = height - margins.top - margins.bottom
        axes = figure.add_axes(
            (margins.left / width, margins.bottom / height, inner_width / width, inner_height / height)
        )
        _dress(axes, x, y, grid)
        paint(axes)
        return to_svg(figure)


def _dress(axes: Axes, x: str, y: str, grid: Grid) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.patch.set_visible(False)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom" and grid != "none")
        spine.set_color(LINE)
        spine.set_zorder(1)
    axes.tick_params(length=0, labelcolor=MUTED, pad=6)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    if grid != "none":
        axes.grid(axis=grid, color=LINE, linewidth=0.8)
    axes.set_xlabel(x, color=MUTED, labelpad=7)
    axes.set_ylabel(y, color=MUTED, labelpad=7)


def short(value: float, digits: int = 4) -> str:
    """A number beside a mark: 1200000 -> "1.2M"; up to 9,999 in full."""
    unit, name = next((unit for unit in UNITS if abs(value) >= unit[0]), (1.0, ""))
    if name == "k" and abs(value) < 10_000:
        unit, name = 1.0, ""
    return plain(float(f"{value / unit:.{digits}g}")).replace("-", "−") + name


def widest(labels: Sequence[str]) -> float:
    """Room that horizontal tick labels need."""
    return 16 + 6.2 * max(map(len, labels), default=0)
