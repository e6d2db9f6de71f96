"""Input: where the rows are, and what is asked for with them."""

from __future__ import annotations

from pipeline.plan import plan_requests
from pipeline.run.data import find_data
from pipeline.run.place import settings_here
from pipeline.run.state import Run

# The service is this run's alone: nothing in it needs telling apart.
_KEY = "run"


def input_step(run: Run) -> str:
    """Finds the rows, or makes a sample of them; sets `source` and `plan`."""
    run.source = find_data(run.config, run.given, run.file.parent, run.work)
    run.record["input"] = run.source.describe(run.config.data.format)
    run.plan = plan_requests(run.config, run.file, settings_here(), _KEY, rows=run.source.path.absolute())
    return run.source.name
