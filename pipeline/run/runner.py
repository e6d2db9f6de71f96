"""A run from the pipeline file to the run folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import PipelineError, StepError
from pipeline.plan.factorization_machines import check_hyperparameters
from pipeline.plan.job_arguments import hyperparameters
from pipeline.run import recommender
from pipeline.run.folder import RECORD, RunFolder
from pipeline.run.place import config_here
from pipeline.run.progress import Progress
from pipeline.run.service import check_requirements
from pipeline.run.state import Run
from pipeline.run.steps.batch import batch_step
from pipeline.run.steps.endpoint import endpoint_step
from pipeline.run.steps.etl import etl_step
from pipeline.run.steps.evaluation import evaluation_step
from pipeline.run.steps.input import input_step
from pipeline.run.steps.keep import keep_step
from pipeline.run.steps.packaging import packaging_step
from pipeline.run.steps.report import report_step
from pipeline.run.steps.training import training_step
from pipeline.run.steps.verification import verification_step
from pipeline.schema import load_schema

_STEPS: tuple[tuple[str, str, Callable[[Run], str]], ...] = (
    ("input", "Input", input_step),
    ("etl", "Spark ETL", etl_step),
    ("training", "XGBoost training", training_step),
    ("packaging", "Model archives", packaging_step),
    ("verification", "Verification", verification_step),
    ("endpoint", "Real-time endpoint", endpoint_step),
    ("batch", "Batch transform", batch_step),
    ("evaluation", "Evaluation", evaluation_step),
)


_RECOMMENDER_STEPS: tuple[tuple[str, str, Callable[[Run], str]], ...] = (
    ("input", "Input", input_step),
    ("etl", "Spark ETL", etl_step),
    ("training", "Factorization machines", training_step),
    ("packaging", "Model", recommender.packaging_step),
    ("endpoint", "Real-time endpoint", recommender.endpoint_step),
    ("batch", "Batch transform", recommender.batch_step),
    ("evaluation", "Evaluation", recommender.evaluation_step),
)


def run_pipeline(
    file: Path, *, data: Path | None = None, output: Path | None = None, console: Console | None = None
) -> Path:
    """Runs a pipeline file from raw rows to the report; returns the run folder, which appears whole or not at all.

    Raises ConfigError, SchemaError, TrainingError or RequirementError before the first step, and then StepError; they
    say what failed, why, and what to do.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    config = load_config(file)
    _check(config)
    with RunFolder(output or Path("runs") / config.name) as folder:
        with ExitStack() as running:
            run = Run(config_here(config), file, folder.path, Progress(console or Console(stderr=True)), running, data)
            run.logs.mkdir()
            for name, title, step in _STEPS if config.ratings is None else _RECOMMENDER_STEPS:
                _take(run, name, title, step)
        with _failing_as("cleanup"):
            keep_step(run)
        run.record |= {
            "started": started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            **_times(run, clock),
            "status": "completed",
            "command": f"inference-pipeline run {run.file} --input {run.record['input']['source']}",
        }
        _take(run, "report", "Report", report_step)
        run.record |= _times(run, clock)
        record = json.dumps(run.record, indent=2, ensure_ascii=False, allow_nan=False)
        (run.folder / RECORD).write_text(record + "\n", encoding="utf-8")
        folder.publish()
    return folder.target


def _check(config: PipelineConfig) -> None:
    """Refuses before the first step what later ones would."""
    from pipeline.training.hyperparameters import validate

    check_requirements()
    load_schema(config.data.schema_file)
    if config.ratings is None:
        validate(hyperparameters(config))
    else:
        check_hyperparameters(config)


def _take(run: Run, name: str, title: str, step: Callable[[Run], str]) -> None:
    with _failing_as(name), run.progress.step(name, title) as shown:
        shown.detail = step(run)


@contextmanager
def _failing_as(name: str) -> Iterator[None]:
    try:
        yield
    except StepError:
        raise
    except PipelineError as error:
        raise StepError(name, error.message, hint=error.hint) from error
    except OSError as error:
        raise StepError(name, str(error)) from error


def _times(run: Run, clock: float) -> dict[str, Any]:
    return {
        "seconds": round(time.perf_counter() - clock, 3),
        "steps": [step.record() for step in run.progress.steps],
    }
