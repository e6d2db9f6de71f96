"""What a tuning job looks for: one metric, the least or the most of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local.training.metrics import SERIES


@dataclass(frozen=True)
class Objective:
    """The metric's name, and whether more is better."""

    metric: str
    maximize: bool

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Objective:
        """The objective of a HyperParameterTuningJobObjective."""
        return cls(given["MetricName"], given["Type"] == "Maximize")

    def better(self, value: float, than: float) -> bool:
        """Whether a value beats another."""
        return value > than if self.maximize else value < than

    def series(self, described: Mapping[str, Any]) -> list[float]:
        """The metric's values that a training job has said so far, in their order."""
        return list(described.get(SERIES, {}).get(self.metric, ()))

    def value(self, described: Mapping[str, Any]) -> float | None:
        """The metric's last value; None where the training job has said none."""
        final = {each["MetricName"]: each["Value"] for each in described.get("FinalMetricDataList") or ()}
        return final.get(self.metric)

    def final(self, value: float) -> dict[str, Any]:
        """A FinalHyperParameterTuningJobObjectiveMetric."""
        return {"Type": "Maximize" if self.maximize else "Minimize", "MetricName": self.metric, "Value": value}
