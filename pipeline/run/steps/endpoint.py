"""Endpoint: a real server behind SageMaker's runtime, which must answer what the scorer says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipeline.run.calls import call_rows, call_sample, call_together, percentiles, through_runtime, to_server
from pipeline.run.requests import log_lines, send, step_of
from pipeline.run.state import Run
from pipeline.scoring import Scorer
from pipeline.scoring.load import load_parts
from pipeline.scoring.outputs import Outputs, csv_text
from pipeline.sending.clients import failing_as

_ANNOUNCED = re.compile(r"serving .* on http://127\.0\.0\.1:(\d+)")


def endpoint_step(run: Run) -> str:
    """Creates the endpoint and sends it test rows through the runtime; sets `expected` and `answers`.

    A server that stands alone gets the same rows directly as well: p50 and p99 are then its own.
    """
    run.expected, run.answers = _expected(run)
    rows = run.verified.rows
    send(run, step_of(run.plan, "CreateEndpointConfig"), "endpoint")
    request = step_of(run.plan, "CreateEndpoint")
    described = send(run, request, "endpoint")
    ask = through_runtime(run.clients.runtime, request.thing_name)
    with failing_as("endpoint"):
        latencies = call_rows(ask, rows, run.answers)
        together = call_together(ask, rows, run.answers) if run.takes_many_rows else 0
        sample = call_sample(ask, rows, run.answers, 3 if run.takes_many_rows else 1)
    lines = log_lines(run, request)
    (run.logs / "endpoint.log").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    shown = 0 if sample is None else sample["reply"].count("\n")
    run.record["endpoint"] = made = {
        "requests": len(latencies) + bool(together) + bool(sample),
        "rows": len(latencies) + together + shown,
        "agree": True,
        "cold_start_seconds": round((described["LastModifiedTime"] - described["CreationTime"]).total_seconds(), 3),
        **percentiles(latencies),
        "measured": "runtime",
        "sample": sample,
        **_direct(run, lines, latencies),
    }
    return f"{made['requests']} requests, p50 {made['p50_ms']:.2f} ms, start {made['cold_start_seconds']:.2f} s"


def _expected(run: Run) -> tuple[list[str], list[str]]:
    """What the scorer says of the test rows, and what the endpoint's layout makes of that, line by line."""
    parts, rows = load_parts(run.model("fused")), run.verified.rows

    def lines(manifest: Any) -> list[str]:
        outputs = Outputs(Scorer(replace(parts, manifest=manifest)))
        return csv_text(outputs.of_table(rows)).decode("utf-8").split("\n")[:-1]

    expected = lines(parts.manifest)
    if run.config.sagemaker.model.layout != "two-containers" or parts.manifest.classes is None:
        return expected, expected
    # XGBoost's container knows no names of classes.
    return expected, lines(replace(parts.manifest, classes=None))


def _direct(run: Run, lines: Sequence[str], through: Sequence[float]) -> dict[str, Any]:
    """The latencies of the server itself, where it is one; the runtime's stand beside them."""
    ports = [int(found[1]) for line in lines if (found := _ANNOUNCED.fullmatch(line))]
    if run.config.sagemaker.model.layout == "two-containers" or not ports:
        return {}
    with to_server(ports[0]) as ask:
        own = call_rows(ask, run.verified.rows, run.answers)
    return {**percentiles(own), "measured": "server", "runtime": percentiles(through)}
