"""Batch: the test split through a transform job, held against the formula."""

from __future__ import annotations

import shutil

import numpy as np
import orjson

from pipeline.errors import StepError
from pipeline.run.requests import send, step_of
from pipeline.run.state import Run
from pipeline.sending.clients import failing_as
from pipeline.sending.objects import download_folder


def batch_step(run: Run) -> str:
    """Runs the job and moves the splits to where they stay. Raises StepError where a prediction is amiss."""
    request = step_of(run.plan, "CreateTransformJob")
    described = send(run, request, "batch")
    folder = run.folder / "predictions"
    with failing_as("batch"):
        made = download_folder(run.clients.s3, request.request["TransformOutput"]["S3OutputPath"], folder)
    lines = [line for file in sorted(made) for line in file.read_bytes().splitlines()]
    scores = np.array([orjson.loads(line)["score"] for line in lines], np.float32)
    expected = run.recommender.scores
    if len(scores) != len(expected):
        raise StepError("batch", f"the transform job made {len(scores)} predictions for {len(expected)} rows")
    if not np.array_equal(scores, expected):
        raise StepError("batch", "the transform job's predictions are not the formula's")
    _move(run)
    seconds = (described["TransformEndTime"] - described["TransformStartTime"]).total_seconds()
    run.record["batch"] = {
        "rows": len(scores),
        "seconds": round(seconds, 3),
        "rows_per_second": round(len(scores) / max(seconds, 1e-9)),
        "output": str(folder.relative_to(run.folder)),
    }
    return f"{len(scores):,} rows to {run.record['batch']['output']}"


def _move(run: Run) -> None:
    (run.folder / "data").mkdir()
    for name in ("train", "validation", "test", "customers", "items"):
        if (run.etl / name).is_dir():
            shutil.move(run.etl / name, run.folder / "data" / name)
