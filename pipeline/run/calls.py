"""Requests to an endpoint, each answer held against the scorer's own."""

from __future__ import annotations

import http.client
import math
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import StepError
from pipeline.run.endpoint import server

CALLS = 200
BATCH_ROWS = 50
SAMPLE_ROWS = 3


def call_endpoint(model: Path, rows: Any, expected: Sequence[str], log: Path) -> dict[str, Any]:
    """Posts rows one by one and together, in CSV and JSON; every reply must be the scorer's own text, line by line.

    `rows` is a pyarrow.Table of the features, `expected` what the scorer says of it, a line a row. Returns what the
    run's record has of it: counts, latencies in milliseconds, the server's start in seconds, a sample. Raises StepError
    if an answer differs, or there is none.
    """
    import orjson

    lists = [[_json_ready(value) for value in row.values()] for row in rows.slice(0, CALLS).to_pylist()]
    latencies = []
    with (
        server(model, log) as (port, cold_start, _),
        closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection,
    ):
        for at, row in enumerate(lists):
            started = time.perf_counter()
            reply = _post(connection, "application/json", orjson.dumps({"data": row}))
            latencies.append((time.perf_counter() - started) * 1e3)
            _same(reply, expected[at : at + 1], f"row {at + 1}")
        batch = lists[:BATCH_ROWS]
        lines = b"\n".join(orjson.dumps({"data": row}) for row in batch)
        _same(_post(connection, "application/jsonlines", lines), expected[:BATCH_ROWS], "several lines")
        sample = _csv_sample(connection, lists[:SAMPLE_ROWS], expected[:SAMPLE_ROWS])
    return {
        "requests": len(lists) + 1 + bool(sample),
        "rows": len(lists) + len(batch) + (len(lists[:SAMPLE_ROWS]) if sample else 0),
        "agree": True,
        "cold_start_seconds": round(cold_start, 3),
        "p50_ms": round(float(np.percentile(latencies, 50)), 3),
        "p99_ms": round(float(np.percentile(latencies, 99)), 3),
        "sample": sample,
    }


def _csv_sample(
    connection: http.client.HTTPConnection, rows: Sequence[Sequence[Any]], expected: Sequence[str]
) -> dict[str, str] | None:
    """Lines of CSV in, predictions out; None where the rows hold what CSV cannot say plainly."""
    cells = [[_csv_cell(value) for value in row] for row in rows]
    if any(cell is None for row in cells for cell in row):
        return None
    body = "\n".join(",".join(str(cell) for cell in row) for row in cells)
    reply = _post(connection, "text/csv", body.encode())
    _same(reply, expected, "CSV lines")
    return {"content_type": "text/csv", "body": body, "reply": reply}


def _post(connection: http.client.HTTPConnection, content_type: str, body: bytes) -> str:
    try:
        connection.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": "text/csv"})
        response = connection.getresponse()
        text = response.read().decode("utf-8")
    except (OSError, http.client.HTTPException) as error:
        raise StepError("endpoint", f"the server gave no answer: {error}") from error
    if response.status != http.HTTPStatus.OK:
        raise StepError("endpoint", f"status {response.status}: {text[:500]}")
    return text


def _same(reply: str, expected: Sequence[str], what: str) -> None:
    lines = reply.split("\n")[:-1]
    if lines != list(expected):
        raise StepError("endpoint", f"the endpoint's answer to {what} differs from the scorer's: {lines[:3]}")


def _json_ready(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _csv_cell(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value and not set(value) & set('",\n\r') else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else None
