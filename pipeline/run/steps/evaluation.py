"""Evaluation: what the model learned, and how good its predictions of the test rows are."""

from __future__ import annotations

import json

from pipeline.evaluation.decision import decide
from pipeline.evaluation.metrics import evaluate, task_of
from pipeline.plan.job_arguments import hyperparameters
from pipeline.report import ReportData
from pipeline.run.state import Run


def evaluation_step(run: Run) -> str:
    """Adds task, metrics, the gate's word and the features' importance to the record; sets `report_data`."""
    run.record["training"] |= _learned(run.model_source.booster, run.record["features"]["names"])
    run.record["task"] = task = task_of(run.record["training"]["objective"])
    classes = run.record["classes"]
    count = len(classes) if classes else int(hyperparameters(run.config).get("num_class", "0"))
    label = run.verified.label
    run.record["metrics"], drawn = evaluate(task, label, run.verified.prediction, count)
    run.report_data = ReportData(label=label, prediction=drawn)
    figures = run.record["metrics"].items()
    said = ", ".join(f"{name} {value:.4g}" for name, value in figures if isinstance(value, float))
    if run.config.gate is None:
        return said
    # Nothing serves beside a run of this machine.
    decision = decide(run.config.gate, run.record["metrics"], None)
    run.record["gate"] = {"passed": decision.passed, "reasons": list(decision.reasons)}
    return f"{said}; gate {'open' if decision.passed else 'closed: ' + '; '.join(decision.reasons)}"


def _learned(model: bytes, names: list[str]) -> dict[str, str | dict[str, float]]:
    """The model's objective, and each used feature's mean gain."""
    import xgboost

    booster = xgboost.Booster(model_file=bytearray(model))
    gains = booster.get_score(importance_type="gain")
    by_place = {f"f{place}": name for place, name in enumerate(names)}
    return {
        "objective": json.loads(booster.save_config())["learner"]["objective"]["name"],
        "importance": {by_place.get(key, key): float(value) for key, value in gains.items()},
    }
