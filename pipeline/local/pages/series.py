"""A metric's values as a small line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.local.training.metrics import SERIES

WIDTH, HEIGHT = 240, 40
_POINTS = 240


@dataclass(frozen=True)
class Series:
    """One metric: its first, last, least and greatest value, and the line's points in SVG's units."""

    name: str
    first: float
    last: float
    least: float
    greatest: float
    count: int
    points: str


def series(extra: Mapping[str, Any]) -> list[Series]:
    """The metrics that a training job has told so far, by name."""
    told: dict[str, list[float]] = extra.get(SERIES) or {
        metric["MetricName"]: [metric["Value"]] for metric in extra.get("FinalMetricDataList", ())
    }
    return [_series(name, values) for name, values in sorted(told.items()) if values]


def _series(name: str, values: Sequence[float]) -> Series:
    least, greatest = min(values), max(values)
    return Series(name, values[0], values[-1], least, greatest, len(values), _points(values, least, greatest))


def _points(values: Sequence[float], least: float, greatest: float) -> str:
    if len(values) < 2:
        return ""
    last = len(values) - 1
    places = range(len(values)) if last < _POINTS else [round(at * last / (_POINTS - 1)) for at in range(_POINTS)]
    room = (greatest - least) or 1.0
    return " ".join(f"{WIDTH * at / last:.1f},{HEIGHT * (greatest - values[at]) / room:.1f}" for at in places)
