"""When a gate opens, and in which words it stays closed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.config.gate import Gate
from pipeline.evaluation.decision import decide

METRICS = {"rmse": 2.0, "r2": 0.5, "baseline": {"rmse": 3.0}}
AUC = {"auc": None, "accuracy": 0.9, "baseline": {}}


@pytest.mark.parametrize(
    ("gate", "metrics", "serving", "obstacle", "reasons"),
    [
        (None, METRICS, None, None, []),
        ({"metric": "rmse", "at_most": 2}, METRICS, None, None, []),
        ({"metric": "rmse", "at_most": 1.5}, METRICS, None, None, ["rmse is 2, above 1.5"]),
        ({"metric": "r2", "at_least": 0.6}, METRICS, None, None, ["r2 is 0.5, below 0.6"]),
        ({"metric": "auc", "at_least": 0.6}, AUC, None, None, ["there is no auc of these rows, only auc, accuracy"]),
        ({"metric": "f1", "at_least": 0}, METRICS, None, None, ["there is no f1 of these rows, only rmse, r2"]),
        ({"metric": "rmse", "not_worse_than_serving": True}, METRICS, None, None, []),
        ({"metric": "rmse", "not_worse_than_serving": True}, METRICS, {"rmse": 2.0}, None, []),
        ({"metric": "rmse", "not_worse_than_serving": True}, METRICS, {"r2": 0.5}, None, []),
        (
            {"metric": "rmse", "not_worse_than_serving": True},
            METRICS,
            {"rmse": 1.9},
            None,
            ["rmse is 2, worse than the 1.9 of the model that serves"],
        ),
        (
            {"metric": "r2", "not_worse_than_serving": True, "tolerance": 0.05},
            METRICS,
            {"r2": 0.6},
            None,
            ["r2 is 0.5, worse than the 0.6 of the model that serves by more than 0.05"],
        ),
        ({"metric": "r2", "not_worse_than_serving": True, "tolerance": 0.2}, METRICS, {"r2": 0.6}, None, []),
        (
            {"metric": "rmse", "at_most": 1, "not_worse_than_serving": True},
            METRICS,
            None,
            "it is gone",
            ["rmse is 2, above 1", "the model that serves cannot be compared: it is gone"],
        ),
        ({"metric": "rmse", "at_most": 3}, METRICS, None, "it is gone", []),
    ],
)
def test_a_gate_says_each_reason(
    gate: dict[str, Any] | None, metrics: Any, serving: Any, obstacle: str | None, reasons: list[str]
) -> None:
    decision = decide(None if gate is None else Gate(**gate), metrics, serving, obstacle)
    assert (decision.passed, list(decision.reasons)) == (not reasons, reasons)


@given(st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_a_figure_that_is_no_number_never_passes(value: float, bound: float) -> None:
    passed = decide(Gate(metric="rmse", at_most=bound), {"rmse": value}, None).passed
    assert passed == (value <= bound)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"metric": "rmse"}, "a gate has at_most"),
        ({"metric": "rmse", "at_most": 1, "tolerance": 1}, "tolerance is for"),
        ({"metric": "rsme", "at_most": 1}, "should match pattern"),
    ],
)
def test_a_gate_that_asks_for_nothing_is_refused(section: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Gate(**section)
