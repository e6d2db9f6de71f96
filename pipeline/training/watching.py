"""How a caller watches the boosting rounds, and ends them early."""

from __future__ import annotations

from collections.abc import Callable, Mapping

# Metrics by channel and name: {"train": {"rmse": 2.1}}.
Metrics = Mapping[str, Mapping[str, float]]
Progress = Callable[[int, Metrics], None]
Condition = Callable[[], bool]


def never() -> bool:
    """The condition that does not come true."""
    return False
