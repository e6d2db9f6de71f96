"""ETL: the Spark job, a processing job of SageMaker's on this machine."""

from __future__ import annotations

import contextlib
import json
import sys
from importlib.metadata import PackageNotFoundError, version

import pipeline
from pipeline.java import java_home
from pipeline.plan.job_arguments import hyperparameters
from pipeline.run.requests import send, step_of
from pipeline.run.results import fetch_etl
from pipeline.run.service import running_service
from pipeline.run.state import Run
from pipeline.sending.clients import failing_as
from pipeline.sending.send import send_uploads
from pipeline.spark.environment import spark_home

_SAID = "preprocess: "


def etl_step(run: Run) -> str:
    """Checks, splits and transforms the rows; leaves the splits, the bundle and the contract in `run.etl`.

    Starts the service that all requests go to; sets `clients`.
    """
    # What is missing is said before the job is on its way.
    spark_home(), java_home()
    run.clients = run.running.enter_context(running_service(run.config, run.work / "service"))
    with failing_as("etl"):
        send_uploads(run.plan, run.clients)

    def news(line: str) -> None:
        if line.startswith(_SAID):
            run.progress.news(line.removeprefix(_SAID) + " ...")

    send(run, step_of(run.plan, "processing"), "etl", log=run.logs / "etl.log", on_line=news)
    summary = fetch_etl(run)
    run.record["input"]["rows"] = summary["rows"]
    run.record |= {
        "name": run.config.name,
        "description": run.config.description,
        "splits": summary["splits"],
        "classes": summary["classes"],
        "profile": summary["profile"],
        "features": {key: summary["features"][key] for key in ("count", "names", "stages")},
        "schema": json.loads((run.etl / "schema.json").read_text(encoding="utf-8")),
        "seeds": {"split": summary["seed"], "training": int(hyperparameters(run.config).get("seed", "0"))},
        "versions": summary["versions"] | _versions(),
    }
    return ", ".join(f"{count:,} {name}" for name, count in summary["splits"].items())


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0], "inference-pipeline": pipeline.__version__}
    for name in ("numpy", "pyarrow", "xgboost", "xgboost-cpu"):
        with contextlib.suppress(PackageNotFoundError):
            found[name.removesuffix("-cpu")] = version(name)
    return found
