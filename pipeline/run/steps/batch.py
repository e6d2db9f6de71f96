"""Batch: the test split scored as files in a stream, and by a transform job of SageMaker's."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.batch.score import score
from pipeline.data.csv import CsvOptions
from pipeline.errors import StepError
from pipeline.run.state import Run
from pipeline.run.transform import transform


def batch_step(run: Run) -> str:
    """Moves the splits to where they stay and scores the test split. Raises StepError where a prediction is amiss."""
    transformed = transform(run)
    _move_splits(run)
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
    rows = run.record["splits"]["test"]
    if result.rows != rows:
        raise StepError("batch", f"{result.rows} predictions for {rows} rows")
    _refuse_differences(run, output)
    run.record["batch"] = {
        "rows": result.rows,
        "seconds": round(result.seconds, 4),
        "rows_per_second": round(result.rows / max(result.seconds, 1e-9)),
        "output": str(output.relative_to(run.folder)),
        "transform": transformed,
    }
    said = f"{result.rows:,} rows to {run.record['batch']['output']}"
    return said if transformed["status"] == "compared" else f"{said} (transform skipped: {transformed['reason']})"


def _move_splits(run: Run) -> None:
    (run.folder / "data").mkdir()
    for name in ("train", "validation", "test"):
        if (run.etl / name).is_dir():
            shutil.move(run.etl / name, run.folder / "data" / name)


def _refuse_differences(run: Run, output: Path) -> None:
    """The batch's text against the scorer's, where both hold the same rows in the same form."""
    batch = run.config.batch
    if batch.format != "csv" or batch.output_columns or len(run.expected) != run.record["splits"]["test"]:
        return
    written = output.read_text(encoding="utf-8").split("\n")[:-1]
    # Spark may have written the two sets of rows in different orders.
    if sorted(written) != sorted(run.expected):
        raise StepError("batch", "the batch's predictions differ from the scorer's")
