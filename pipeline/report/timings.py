"""Where the time went: the steps one after the other on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """A step; `start` and `length` are shares of the whole, 0 to 1."""

    title: str
    detail: str
    status: str
    seconds: float
    start: float
    length: float


def timings(run: Mapping[str, Any]) -> list[Bar]:
    """One bar a step, in order; time outside all steps, if it is 1 % or more, comes last."""
    steps = [step for step in run.get("steps") or [] if step.get("seconds") is not None]
    spent = sum(step["seconds"] for step in steps)
    whole = max(run.get("seconds") or 0.0, spent)
    if not steps or whole <= 0:
        return []
    bars, start = [], 0.0
    for step in steps:
        length = step["seconds"] / whole
        title, detail = step.get("title") or step["name"], step.get("detail") or ""
        bars.append(Bar(title, detail, step.get("status", ""), step["seconds"], start, length))
        start += length
    if whole - spent >= 0.01 * whole:
        bars.append(Bar("Outside the steps", "", "", whole - spent, start, 1 - start))
    return bars
