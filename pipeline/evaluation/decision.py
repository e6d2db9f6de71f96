"""Whether a model is good enough to be deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config.gate import Gate
from pipeline.report.metrics import LOWER_IS_BETTER

Metrics = Mapping[str, Any]


@dataclass(frozen=True)
class Decision:
    """Whether a gate opens, and why not."""

    passed: bool
    reasons: tuple[str, ...] = ()


def decide(gate: Gate | None, metrics: Metrics, serving: Metrics | None, obstacle: str | None = None) -> Decision:
    """Holds a model's metrics against a gate, and against those of the model that serves where the gate asks for it.

    Without `serving` nothing serves yet; `obstacle` says why a model that serves could not be measured, and closes a
    gate that compares. A metric that the task lacks, or the rows do not define, closes it too.
    """
    reasons = () if gate is None else tuple(_reasons(gate, metrics, serving, obstacle))
    return Decision(not reasons, reasons)


def _reasons(gate: Gate, metrics: Metrics, serving: Metrics | None, obstacle: str | None) -> Iterator[str]:
    value = metrics.get(gate.metric)
    if value is None:
        measured = ", ".join(name for name in metrics if name != "baseline")
        yield f"there is no {gate.metric} of these rows, only {measured}"
        return
    if gate.at_most is not None and not value <= gate.at_most:
        yield f"{gate.metric} is {value:.6g}, above {gate.at_most:.6g}"
    if gate.at_least is not None and not value >= gate.at_least:
        yield f"{gate.metric} is {value:.6g}, below {gate.at_least:.6g}"
    if not gate.not_worse_than_serving:
        return
    if obstacle is not None:
        yield f"the model that serves cannot be compared: {obstacle}"
    elif serving is not None and (theirs := serving.get(gate.metric)) is not None:
        loss = value - theirs if gate.metric in LOWER_IS_BETTER else theirs - value
        if not loss <= gate.tolerance:
            yield (
                f"{gate.metric} is {value:.6g}, worse than the {theirs:.6g} of the model that serves"
                + (f" by more than {gate.tolerance:.6g}" if gate.tolerance else "")
            )
