"""The steps of a run, one after the other."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

import pipeline
from pipeline.bundle.archive import read_files
from pipeline.config import PipelineConfig, load_config
from pipeline.errors import PipelineError, StepError
from pipeline.packaging.archives import fused_archive, sparkml_archive, xgboost_archive
from pipeline.run.data import Source, find_data
from pipeline.run.evaluation import evaluate, task_of
from pipeline.run.folder import RECORD, RunFolder
from pipeline.run.progress import Progress
from pipeline.run.spark import SAID, run_etl
from pipeline.run.training import hyperparameters, run_training
from pipeline.schema import load_schema, parse_schema
from pipeline.scoring import Scorer
from pipeline.scoring.manifest import Manifest


@dataclass
class Run:
    """All that the steps hand on: the configuration, the folder, and the record that grows."""

    config: PipelineConfig
    file: Path
    folder: Path
    progress: Progress
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def work(self) -> Path:
        """What the steps need of each other and nobody afterwards."""
        return self.folder / "work"

    @property
    def logs(self) -> Path:
        """The steps' output."""
        return self.folder / "logs"

    @property
    def etl(self) -> Path:
        """What the Spark job wrote."""
        return self.work / "etl"

    def model(self, layout: str) -> Path:
        """One of the model archives: sparkml, xgboost or fused."""
        return self.folder / "model" / layout / "model.tar.gz"


def run_pipeline(
    file: Path, *, data: Path | None = None, output: Path | None = None, console: Console | None = None
) -> Path:
    """Runs a pipeline file from raw rows to the report; returns the run folder, which appears whole or not at all.

    Raises ConfigError, DataError or StepError, which say what failed, why, and what to do.
    """
    started = datetime.now(UTC)
    clock = time.perf_counter()
    progress = Progress(console or Console(stderr=True))
    config = load_config(file)
    load_schema(config.data.schema_file)
    _check_training(config)
    with RunFolder(output or Path("runs") / config.name) as folder:
        run = Run(config, file, folder.path, progress, {"given": data})
        run.logs.mkdir()
        for name, step in _STEPS:
            try:
                step(run)
            except StepError:
                raise
            except PipelineError as error:
                raise StepError(name, error.message, hint=error.hint) from error
        run.record |= {
            "started": started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - clock, 3),
            "status": "completed",
            "command": f"inference-pipeline run {run.file} --input {run.record['input']['source']}",
            "steps": [step.record() for step in progress.steps],
        }
        _write_report(run)
        run.record["seconds"] = round(time.perf_counter() - clock, 3)
        run.record["steps"] = [step.record() for step in progress.steps]
        (run.folder / RECORD).write_text(_json(run.record), encoding="utf-8")
        folder.publish()
    return folder.target


def _check_training(config: PipelineConfig) -> None:
    from pipeline.training.hyperparameters import validate

    validate(hyperparameters(config))


def _find(run: Run) -> None:
    with run.progress.step("input", "Input") as step:
        given = run.record.pop("given", None)
        source = find_data(run.config, given, run.file.parent, run.work)
        run.record["input"] = source.describe(run.config.data.format)
        run.record["source"] = source
        step.detail = source.name


def _etl(run: Run) -> None:
    source: Source = run.record.pop("source")

    def news(line: str) -> None:
        if line.startswith(SAID):
            run.progress.news(line.removeprefix(SAID) + " ...")

    with run.progress.step("etl", "Spark ETL") as step:
        log = run.logs / "etl.log"
        summary = run_etl(run.config, run.file.parent.absolute(), source.path, work=run.work, log=log, on_line=news)
        splits = summary["splits"]
        step.detail = ", ".join(f"{count:,} {name}" for name, count in splits.items())
    run.record["input"]["rows"] = summary["rows"]
    run.record |= {
        "name": run.config.name,
        "description": run.config.description,
        "splits": splits,
        "classes": summary["classes"],
        "profile": summary["profile"],
        "features": {key: summary["features"][key] for key in ("count", "names", "stages")},
        "schema": json.loads((run.etl / "schema.json").read_text(encoding="utf-8")),
        "seeds": {"split": summary["seed"], "training": int(hyperparameters(run.config).get("seed", "0"))},
        "versions": summary["versions"] | _versions(),
    }


def _train(run: Run) -> None:
    def news(line: str) -> None:
        if line.startswith("["):
            run.progress.news("Training  " + line.replace("\t", "  "))

    with run.progress.step("training", "XGBoost training") as step:
        metrics = run_training(run.config, run.etl, run.work, run.logs / "training.log", news)
        last = {
            f"{name} {metric}": values[-1] for name, log in metrics["evals"].items() for metric, values in log.items()
        }
        step.detail = f"{metrics['rounds']} rounds, " + ", ".join(f"{key} {value:.4g}" for key, value in last.items())
    run.record["training"] = {
        "hyperparameters": hyperparameters(run.config),
        "content_type": metrics["content_type"],
        "rounds": metrics["rounds"],
        "best_iteration": metrics["best_iteration"],
        "evals": metrics["evals"],
        "zeros_are_missing": metrics["zeros_are_missing"],
    }


def _package(run: Run) -> None:
    with run.progress.step("packaging", "Model archives") as step:
        bundle = read_files(run.etl / "model.tar.gz")
        booster = (run.work / "training" / "model" / "xgboost-model").read_bytes()
        classes = run.record["classes"]
        manifest = Manifest(
            features=run.config.features.column,
            feature_names=tuple(run.record["features"]["names"]),
            zeros_are_missing=run.record["training"]["zeros_are_missing"],
            classes=None if classes is None else tuple(classes),
            output=run.config.inference.output,
        )
        sparkml_archive(bundle, run.model("sparkml"))
        xgboost_archive(booster, run.model("xgboost"))
        fused_archive(bundle, booster, parse_schema(run.record["schema"]), manifest, run.model("fused"))
        step.detail = "sparkml, xgboost, fused"


def _verify(run: Run) -> None:
    from pipeline.verification.verify import verify

    with run.progress.step("verification", "Verification") as step:
        scorer = Scorer.load(run.model("fused"))
        booster = (run.work / "training" / "model" / "xgboost-model").read_bytes()
        run.record["_verified"] = verified = verify(
            run.etl / "verification",
            scorer,
            booster=booster,
            bundle=run.model("sparkml"),
            features=run.config.features.column,
            mleap=run.config.verification.mleap,
        )
        run.record["verification"] = record = verified.record
        found = record["feature_differences"] + record["prediction_differences"]
        engines = " = ".join(record["engines"])
        step.detail = f"{record['rows']:,} rows, {found} differences: {engines}"
        if found:
            wrong = [pair for pair in record["pairs"] if pair["differences"]]
            worst = ", ".join(f"{pair['left']}/{pair['right']} {pair['what']}: {pair['differences']}" for pair in wrong)
            raise StepError(
                "verification", f"{found} values differ ({worst})", hint="this is a defect: please report it"
            )
        if record["mleap"]["status"] != "compared":
            step.detail += f" (mleap skipped: {record['mleap']['reason']})"
    assert scorer.booster is not None  # noqa: S101 - the archive holds one
    run.record["task"] = task_of(scorer.booster.objective)
    run.record["training"]["objective"] = scorer.booster.objective
    run.record["training"]["importance"] = _importance(booster, run.record["features"]["names"])


def _importance(model: bytes, names: list[str]) -> dict[str, float]:
    import xgboost

    booster = xgboost.Booster(model_file=bytearray(model))
    scores = booster.get_score(importance_type="gain")
    by_place = {f"f{place}": name for place, name in enumerate(names)}
    return {by_place.get(key, key): float(value) for key, value in scores.items()}


def _endpoint(run: Run) -> None:
    from pipeline.run.endpoint import call_endpoint

    with run.progress.step("endpoint", "Real-time endpoint") as step:
        verified = run.record["_verified"]
        run.record["_lines"] = lines = _said(run, verified.rows)
        made = call_endpoint(run.model("fused"), verified.rows, lines, run.logs / "endpoint.log")
        run.record["endpoint"] = made
        step.detail = (
            f"{made['requests']} requests, p50 {made['p50_ms']:.2f} ms, start {made['cold_start_seconds']:.2f} s"
        )


def _said(run: Run, rows: Any) -> list[str]:
    """What the scorer says of the test rows, as lines of CSV: endpoint and batch must say the same."""
    from pipeline.scoring.outputs import Outputs, csv_text

    return csv_text(Outputs(Scorer.load(run.model("fused"))).of_table(rows)).decode("utf-8").split("\n")[:-1]


def _batch(run: Run) -> None:
    from pipeline.batch.score import score
    from pipeline.data.csv import CsvOptions

    lines = run.record.pop("_lines")
    with run.progress.step("batch", "Batch transform") as step:
        (run.folder / "data").mkdir()
        for name in ("train", "validation", "test"):
            if (run.etl / name).is_dir():
                shutil.move(run.etl / name, run.folder / "data" / name)
        csv = run.config.data.csv
        output = run.folder / "predictions" / f"test.{run.config.batch.format}"
        result = score(
            run.model("fused"),
            run.folder / "data" / "test",
            output,
            output_columns=run.config.batch.output_columns or None,
            options=CsvOptions(csv.delimiter, csv.header, csv.quoted_rows == "unwrap"),
            input_format=run.config.data.format,
        )
        if result.rows != run.record["splits"]["test"]:
            raise StepError("batch", f"{result.rows} predictions for {run.record['splits']['test']} rows")
        _same_predictions(run, output, lines)
        rate = result.rows / max(result.seconds, 1e-9)
        run.record["batch"] = {
            "rows": result.rows,
            "seconds": round(result.seconds, 4),
            "rows_per_second": round(rate),
            "output": str(output.relative_to(run.folder)),
        }
        step.detail = f"{result.rows:,} rows to {run.record['batch']['output']}"


def _same_predictions(run: Run, output: Path, expected: list[str]) -> None:
    """The batch's text against the scorer's, where both hold the same rows in the same form."""
    if (
        run.config.batch.format != "csv"
        or run.config.batch.output_columns
        or len(expected) != run.record["splits"]["test"]
    ):
        return
    written = output.read_text(encoding="utf-8").split("\n")[:-1]
    # Spark may have written the two sets of rows in different orders.
    if sorted(written) != sorted(expected):
        raise StepError("batch", "the batch's predictions differ from the scorer's")


def _evaluate(run: Run) -> None:
    verified = run.record.pop("_verified")
    with run.progress.step("evaluation", "Evaluation") as step:
        classes = run.record["classes"]
        count = len(classes) if classes else int(hyperparameters(run.config).get("num_class", "0"))
        metrics, drawn = evaluate(run.record["task"], verified.label, verified.prediction, count)
        run.record["metrics"] = metrics
        run.record["_drawn"] = (verified.label, drawn)
        step.detail = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items() if isinstance(value, float))


def _keep(run: Run) -> None:
    """What a reader of the folder wants beside the model: the file, the contract; and nothing of the work."""
    shutil.copyfile(run.file, run.folder / "pipeline.yml")
    shutil.copyfile(run.etl / "schema.json", run.folder / "schema.json")
    shutil.rmtree(run.work)
    for marker in [*(run.folder / "data").rglob("_SUCCESS"), *(run.folder / "data").rglob(".*.crc")]:
        marker.unlink()
    run.record["artifacts"] = [
        _artifact(run, run.model("fused"), "bundle and booster in one, for this project's server and batch"),
        _artifact(run, run.model("sparkml"), "the MLeap bundle, for AWS's SparkML container"),
        _artifact(run, run.model("xgboost"), "the booster, for SageMaker's XGBoost container"),
        _artifact(run, run.folder / run.record["batch"]["output"], "predictions of the test split"),
    ]


def _artifact(run: Run, path: Path, what: str) -> dict[str, Any]:
    described = Source(path, "file", path.name).describe("")
    size, digest = described["bytes"], described["sha256"]
    return {"path": str(path.relative_to(run.folder)), "what": what, "bytes": size, "sha256": digest}


def _write_report(run: Run) -> None:
    from pipeline.report import ReportData, write_report

    with run.progress.step("report", "Report") as step:
        label, drawn = run.record.pop("_drawn")
        write_report(run.record, ReportData(label=label, prediction=drawn), run.folder / "report.html")
        step.detail = "report.html"


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": sys.version.split()[0], "inference-pipeline": pipeline.__version__}
    for name in ("numpy", "pyarrow", "xgboost", "xgboost-cpu"):
        with contextlib.suppress(PackageNotFoundError):
            found[name.removesuffix("-cpu")] = version(name)
    return found


def _json(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


_STEPS = (
    ("input", _find),
    ("etl", _etl),
    ("training", _train),
    ("packaging", _package),
    ("verification", _verify),
    ("endpoint", _endpoint),
    ("batch", _batch),
    ("evaluation", _evaluate),
    ("cleanup", _keep),
)
