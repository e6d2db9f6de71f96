"""The section `gate`: how good a model must be before it is deployed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from pipeline.config.section import Section

# What evaluation measures on the test split, by the task that has it.
_METRICS = r"^(rmse|mae|r2|accuracy|auc|logloss|precision|recall|f1|mlogloss|macro_f1|(precision|recall)_at_\d+)$"
Metric = Annotated[str, StringConstraints(pattern=_METRICS)]


class Gate(Section):
    """A bound to one metric of the test split, and a comparison with the model that serves on the same rows."""

    metric: Metric
    at_most: float | None = None
    at_least: float | None = None
    not_worse_than_serving: bool = Field(False, description="compared with the model behind sagemaker.endpoint.name")
    tolerance: float = Field(0, ge=0, description="how much worse it may be, in the metric's own unit")

    @model_validator(mode="after")
    def _asks_for_something(self) -> Gate:
        if self.at_most is None and self.at_least is None and not self.not_worse_than_serving:
            raise ValueError("a gate has at_most, at_least or not_worse_than_serving")
        if self.tolerance and not self.not_worse_than_serving:
            raise ValueError("tolerance is for not_worse_than_serving: true")
        return self
