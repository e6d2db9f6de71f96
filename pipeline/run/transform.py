"""The transform job of a run, held against the scorer's own answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import StepError
from pipeline.plan.steps import Step
from pipeline.run.requests import send
from pipeline.run.state import Run
from pipeline.sending.clients import failing_as
from pipeline.sending.objects import download_folder


def transform(run: Run) -> dict[str, Any]:
    """Transforms the test split into predictions/transform/ and returns what the run's record has of it.

    It is skipped where a row is no line of CSV. Raises StepError where a prediction is missing or not the scorer's.
    """
    request = run.plan.step("CreateTransformJob")
    if request is None:
        return _skipped("a column holds no single value, which CSV cannot say")
    rows = run.record["splits"]["test"]
    if sum(1 for line in _lines((run.etl / "requests").glob("part-*")) if line.strip()) != rows:
        return _skipped("not every row is one line of CSV")
    described = send(run, request, "batch")
    folder = run.folder / "predictions" / "transform"
    with failing_as("batch"):
        made = download_folder(run.clients.s3, request.request["TransformOutput"]["S3OutputPath"], folder)
    _check(run, request, made, rows)
    return {
        "status": "compared",
        "reason": None,
        "rows": rows,
        "seconds": round((described["TransformEndTime"] - described["TransformStartTime"]).total_seconds(), 3),
        "output": str(folder.relative_to(run.folder)),
    }


def _check(run: Run, request: Step, made: Sequence[Path], rows: int) -> None:
    settings = run.config.sagemaker.transform
    assert settings is not None  # noqa: S101 - there is a request
    if settings.split == "None" or settings.assemble == "None":
        return
    count = sum(1 for _ in _lines(made))
    if count != rows:
        raise StepError("batch", f"the transform job made {count} predictions for {rows} rows")
    is_plain = not (settings.join or settings.input_filter or settings.output_filter or settings.environment)
    is_csv = request.request["TransformOutput"]["Accept"] == "text/csv"
    if not (is_plain and is_csv and len(run.answers) == rows):
        return
    # Spark may have written the two sets of rows in different orders.
    if sorted(line.rstrip("\n") for line in _lines(made)) != sorted(run.answers):
        raise StepError("batch", "the transform job's predictions differ from the scorer's")


def _skipped(reason: str) -> dict[str, Any]:
    return {"status": "skipped", "reason": reason}


def _lines(files: Iterable[Path]) -> Iterator[str]:
    for file in sorted(files):
        with file.open(encoding="utf-8", newline="\n") as lines:
            yield from lines
