"""Endpoint: a real server that must answer what the scorer says."""

from __future__ import annotations

from pipeline.run.calls import call_endpoint
from pipeline.run.state import Run
from pipeline.scoring import Scorer
from pipeline.scoring.outputs import Outputs, csv_text


def endpoint_step(run: Run) -> str:
    """Starts the server on the fused archive and sends it test rows; sets `expected`."""
    model, rows = run.model("fused"), run.verified.rows
    run.expected = csv_text(Outputs(Scorer.load(model)).of_table(rows)).decode("utf-8").split("\n")[:-1]
    run.record["endpoint"] = made = call_endpoint(model, rows, run.expected, run.logs / "endpoint.log")
    return f"{made['requests']} requests, p50 {made['p50_ms']:.2f} ms, start {made['cold_start_seconds']:.2f} s"
