"""Evaluation: how near the predicted ratings are, and how good the recommendations."""

from __future__ import annotations

import json

from pipeline.evaluation.recommender import measure, task_of
from pipeline.report import ReportData
from pipeline.run.state import Run


def evaluation_step(run: Run) -> str:
    """Adds task and metrics to the record, writes evaluation.json; sets `report_data`."""
    ratings, made = run.config.ratings, run.recommender
    assert ratings is not None  # noqa: S101 - see the runner
    assert made.test.labels is not None  # noqa: S101 - as above
    run.record["task"] = task_of(made.machine)
    run.record["metrics"] = metrics = measure(
        made.machine,
        made.train,
        made.test,
        customers=run.record["ratings"]["customers"]["after"],
        items=run.record["ratings"]["items"]["after"],
        top=ratings.top,
        positive=ratings.positive,
        scores=made.scores,
    )
    run.report_data = ReportData(label=made.test.labels, prediction=made.scores)
    document = json.dumps({"rows": len(made.test), "metrics": metrics}, indent=2, allow_nan=False)
    (run.folder / "evaluation.json").write_text(document + "\n", encoding="utf-8")
    baseline = metrics["baseline"]
    return ", ".join(
        f"{name} {value:.4g}" + (f" (baseline {baseline[name]:.4g})" if name in baseline else "")
        for name, value in metrics.items()
        if isinstance(value, float)
    )
