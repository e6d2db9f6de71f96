"""ETL: the Spark job, a processing job of SageMaker's on this machine."""

from __future__ import annotations

import contextlib
import json
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pipeline
from pipeline.java import java_home
from pipeline.plan.job_arguments import hyperparameters, job_script
from pipeline.run.requests import send, step_of
from pipeline.run.results import fetch_etl
from pipeline.run.service import running_service
from pipeline.run.state import Run
from pipeline.sending.clients import failing_as
from pipeline.sending.send import send_uploads
from pipeline.spark.environment import spark_home


def etl_step(run: Run) -> str:
    """Checks, splits and transforms the rows; leaves the splits, the bundle and the contract in `run.etl`.

    Starts the service that all requests go to; sets `clients`.
    """
    # What is missing is said before the job is on its way.
    spark_home(), java_home()
    run.clients = run.running.enter_context(running_service(run.config, run.work / "service"))
    with failing_as("etl"):
        send_uploads(run.plan, run.clients)

    said = job_script(run.config).removesuffix(".py") + ": "

    def news(line: str) -> None:
        if line.startswith(said):
            run.progress.news(line.removeprefix(said) + " ...")

    if (job := run.plan.step("glue-job")) is not None:
        send(run, job, "etl")
    send(run, step_of(run.plan, "processing"), "etl", log=run.logs / "etl.log", on_line=news)
    summary = fetch_etl(run)
    run.record["input"]["rows"] = summary["rows"]
    run.record |= {
        "name": run.config.name,
        "description": run.config.description,
        "splits": summary["splits"],
        "classes": summary["classes"],
        "profile": summary["profile"],
        **_made(summary),
        "schema": json.loads((run.etl / "schema.json").read_text(encoding="utf-8")),
        "seeds": {"split": summary["seed"], "training": int(hyperparameters(run.config).get("seed", "0"))},
        "versions": summary["versions"] | _versions(),
    }
    return ", ".join(f"{count:,} {name}" for name, count in summary["splits"].items())


def _made(summary: dict[str, Any]) -> dict[str, Any]:
    """What became of the rows: features, or customers and items with indices."""
    if "features" in summary:
        return {"features": {key: summary["features"][key] for key in ("count", "names", "stages")}}
    return {
        "features": {"count": summary["feature_dim"]},
        "ratings": summary["ratings"],
    }


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0], "inference-pipeline": pipeline.__version__}
    for name in ("numpy", "pyarrow", "xgboost", "xgboost-cpu"):
        with contextlib.suppress(PackageNotFoundError):
            found[name.removesuffix("-cpu")] = version(name)
    return found
