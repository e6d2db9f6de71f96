"""The endpoint step: a real server called over HTTP."""

from __future__ import annotations

import http.client
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import StepError

_START_SECONDS = 30
CALLS = 200
BATCH_ROWS = 50


@contextmanager
def server(model: Path, log: Path) -> Iterator[tuple[int, float, int]]:
    """A serving process on a free port: yields the port, the seconds to the first 200 of /ping, and its id."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "pipeline.serving", str(model), "--host", "127.0.0.1", "--port", "0"]
    with log.open("w", encoding="utf-8") as record:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=record, stderr=record, env=os.environ, start_new_session=True
        )
        try:
            port = _port(process, log, started)
            _wait_for_ping(port, started)
            yield port, time.perf_counter() - started, process.pid
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(process: subprocess.Popen[bytes], log: Path, started: float) -> int:
    while time.perf_counter() - started < _START_SECONDS:
        found = re.search(r"http://[\w.]+:(\d+)", log.read_text(encoding="utf-8"))
        if found:
            return int(found[1])
        if process.poll() is not None:
            raise StepError("endpoint", f"the server ended: {log.read_text(encoding='utf-8').strip()[-500:]}")
        time.sleep(0.01)
    raise StepError("endpoint", f"the server did not start within {_START_SECONDS} s")


def _wait_for_ping(port: int, started: float) -> None:
    while time.perf_counter() - started < _START_SECONDS:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ping")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise StepError("endpoint", "/ping never answered 200")


def call_endpoint(model: Path, rows: Any, expected: Sequence[str], log: Path) -> dict[str, Any]:
    """Posts rows one by one and together, in CSV and JSON; every reply must be the scorer's own text, line by line.

    Raises StepError if one differs.
    """
    import orjson

    lists = [[_json_ready(value) for value in row.values()] for row in rows.slice(0, CALLS).to_pylist()]
    with server(model, log) as (port, cold_start, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        latencies = []
        for at, row in enumerate(lists):
            started = time.perf_counter()
            reply = _post(connection, "application/json", orjson.dumps({"data": row}))
            latencies.append((time.perf_counter() - started) * 1e3)
            _same(reply, expected[at : at + 1], f"row {at + 1}")
        batch = lists[:BATCH_ROWS]
        lines = b"\n".join(orjson.dumps({"data": row}) for row in batch)
        _same(_post(connection, "application/jsonlines", lines), expected[:BATCH_ROWS], "several lines")
        sample = _csv_sample(connection, lists[:3], expected[:3])
        connection.close()
    return {
        "requests": len(lists) + 1 + bool(sample),
        "rows": len(lists) + len(batch) + (3 if sample else 0),
        "agree": True,
        "cold_start_seconds": round(cold_start, 3),
        "p50_ms": round(float(np.percentile(latencies, 50)), 3),
        "p99_ms": round(float(np.percentile(latencies, 99)), 3),
        "sample": sample,
    }


def _csv_sample(
    connection: http.client.HTTPConnection, rows: Sequence[Sequence[Any]], expected: Sequence[str]
) -> dict[str, str] | None:
    """Three lines of CSV in, three predictions out; None where the rows hold what CSV cannot say plainly."""
    cells = [[_csv_cell(value) for value in row] for row in rows]
    if any(cell is None for row in cells for cell in row):
        return None
    body = "\n".join(",".join(str(cell) for cell in row) for row in cells)
    reply = _post(connection, "text/csv", body.encode())
    _same(reply, expected, "CSV lines")
    return {"content_type": "text/csv", "body": body, "reply": reply}


def _post(connection: http.client.HTTPConnection, content_type: str, body: bytes) -> str:
    connection.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": "text/csv"})
    response = connection.getresponse()
    text = response.read().decode("utf-8")
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
