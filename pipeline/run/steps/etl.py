"""ETL: the Spark job, a processing job of SageMaker's."""

from __future__ import annotations

import contextlib
import json
import sys
from importlib.metadata import PackageNotFoundError, version

import pipeline
from pipeline.plan.job_arguments import hyperparameters
from pipeline.run.spark import SAID, run_etl
from pipeline.run.state import Run


def etl_step(run: Run) -> str:
    """Checks, splits and transforms the rows; leaves the splits, the bundle and the contract in `run.etl`."""

    def news(line: str) -> None:
        if line.startswith(SAID):
            run.progress.news(line.removeprefix(SAID) + " ...")

    folder, log = run.file.parent.absolute(), run.logs / "etl.log"
    summary = run_etl(run.config, folder, run.source.path, work=run.work, log=log, on_line=news)
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
