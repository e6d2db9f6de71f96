"""What stays in the run folder."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pipeline.run.fingerprint import fingerprint
from pipeline.run.state import Run


def keep_step(run: Run) -> None:
    """Adds the pipeline file and the contract, lists the artifacts, and clears away what only the steps needed."""
    shutil.copyfile(run.file, run.folder / "pipeline.yml")
    shutil.copyfile(run.etl / "schema.json", run.folder / "schema.json")
    shutil.rmtree(run.work)
    for marker in [*(run.folder / "data").rglob("_SUCCESS"), *(run.folder / "data").rglob(".*.crc")]:
        marker.unlink()
    if run.config.ratings is not None:
        run.record["artifacts"] = [
            _artifact(run, run.model("trained"), "the model, for this project's server"),
            _artifact(run, run.folder / "evaluation.json", "what was measured on the test split"),
        ]
        return
    run.record["artifacts"] = [
        _artifact(run, run.model("fused"), "bundle and booster in one, for this project's server and batch"),
        _artifact(run, run.model("sparkml"), "the MLeap bundle, for AWS's SparkML container"),
        _artifact(run, run.model("xgboost"), "the booster, for SageMaker's XGBoost container"),
        _artifact(run, run.folder / run.record["batch"]["output"], "predictions of the test split"),
    ]


def _artifact(run: Run, path: Path, what: str) -> dict[str, Any]:
    return {"path": str(path.relative_to(run.folder)), "what": what, **fingerprint(path)}
