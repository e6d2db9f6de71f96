"""Verification: Spark, the scorer and MLeap's runtime must agree on the test rows."""

from __future__ import annotations

from typing import Any

from pipeline.errors import StepError
from pipeline.run.state import Run
from pipeline.scoring import Scorer


def verification_step(run: Run) -> str:
    """Compares features and predictions of the test rows; sets `verified`. Raises StepError where a value differs."""
    from pipeline.verification.verify import verify

    run.verified = verify(
        run.etl / "verification",
        Scorer.load(run.model("fused")),
        booster=run.model_source.booster,
        bundle=run.model("sparkml"),
        features=run.config.features.column,
        mleap=run.config.verification.mleap,
    )
    run.record["verification"] = record = run.verified.record
    _refuse_differences(record)
    said = f"{record['rows']:,} rows, 0 differences: {' = '.join(record['engines'])}"
    mleap = record["mleap"]
    return said if mleap["status"] == "compared" else f"{said} (mleap skipped: {mleap['reason']})"


def _refuse_differences(record: dict[str, Any]) -> None:
    found = record["feature_differences"] + record["prediction_differences"]
    if found:
        wrong = [pair for pair in record["pairs"] if pair["differences"]]
        worst = ", ".join(f"{pair['left']}/{pair['right']} {pair['what']}: {pair['differences']}" for pair in wrong)
        raise StepError("verification", f"{found} values differ ({worst})", hint="this is a defect: please report it")
