"""Input: where the rows are."""

from __future__ import annotations

from pipeline.run.data import find_data
from pipeline.run.state import Run


def input_step(run: Run) -> str:
    """Finds the rows, or makes a sample of them; sets `source`."""
    run.source = find_data(run.config, run.given, run.file.parent, run.work)
    run.record["input"] = run.source.describe(run.config.data.format)
    return run.source.name
