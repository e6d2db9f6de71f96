"""The gate of a run that is sent step by step."""

from __future__ import annotations

from pipeline.config.model import PipelineConfig
from pipeline.errors import StepError
from pipeline.evaluation.compare import compare
from pipeline.plan.model import archives_of
from pipeline.plan.steps import Plan
from pipeline.sending.clients import Clients


def judge(config: PipelineConfig, plan: Plan, clients: Clients) -> str:
    """Measures the model that the plan has made, and says what it found; StepError where the gate stays closed."""
    model, endpoint = plan.step("model"), plan.step("endpoint")
    assert model is not None  # noqa: S101 - every plan has one
    found = compare(
        config,
        clients,
        root=plan.root,
        archives=archives_of(model.request),
        endpoint=endpoint.thing_name if endpoint is not None else None,
    )
    if not found["gate"]["passed"]:
        raise StepError(
            "gate",
            "; ".join(found["gate"]["reasons"]),
            hint=f"nothing was registered or deployed; {plan.root}/evaluation.json has all figures",
        )
    figures = found["metrics"].items()
    return ", ".join(f"{name} {value:.4g}" for name, value in figures if isinstance(value, float))
