"""Requests to an endpoint, each answer held against the scorer's own."""

from __future__ import annotations

import http.client
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import orjson

from pipeline.errors import StepError

CALLS = 200
BATCH_ROWS = 50

# Content type and body of a request to the body of its reply, in CSV.
Ask = Callable[[str, bytes], str]


def call_rows(ask: Ask, rows: Any, expected: Sequence[str]) -> list[float]:
    """Sends the first rows of a pyarrow.Table one by one as JSON; every reply must be the scorer's text.

    `expected` is what the scorer says, a line a row. Returns the milliseconds that each took. Raises StepError if an
    answer differs, or there is none.
    """
    latencies = []
    for at, row in enumerate(_lists(rows, CALLS)):
        body = orjson.dumps({"data": row})
        started = time.perf_counter()
        reply = ask("application/json", body)
        latencies.append((time.perf_counter() - started) * 1e3)
        _same(reply, expected[at : at + 1], f"row {at + 1}")
    return latencies


def call_together(ask: Ask, rows: Any, expected: Sequence[str]) -> int:
    """Sends rows in one request of JSON lines, and returns how many; every line of the reply must be the scorer's."""
    batch = _lists(rows, BATCH_ROWS)
    lines = b"\n".join(orjson.dumps({"data": row}) for row in batch)
    _same(ask("application/jsonlines", lines), expected[:BATCH_ROWS], "several lines")
    return len(batch)


def call_sample(ask: Ask, rows: Any, expected: Sequence[str], count: int) -> dict[str, str] | None:
    """So many lines of CSV and their reply, for people; None where the rows hold what CSV cannot say plainly."""
    cells = [[_csv_cell(value) for value in row] for row in _lists(rows, count)]
    if any(cell is None for row in cells for cell in row):
        return None
    body = "\n".join(",".join(str(cell) for cell in row) for row in cells)
    reply = ask("text/csv", body.encode())
    _same(reply, expected[:count], "CSV lines")
    return {"content_type": "text/csv", "body": body, "reply": reply}


def percentiles(latencies: Sequence[float]) -> dict[str, float]:
    """p50 and p99, in milliseconds."""
    return {f"p{share}_ms": round(float(np.percentile(latencies, share)), 3) for share in (50, 99)}


def through_runtime(runtime: Any, endpoint: str) -> Ask:
    """Asks by InvokeEndpoint, with a boto3 client of sagemaker-runtime."""

    def ask(content_type: str, body: bytes) -> str:
        reply = runtime.invoke_endpoint(EndpointName=endpoint, ContentType=content_type, Accept="text/csv", Body=body)
        return str(reply["Body"].read(), "utf-8")

    return ask


@contextmanager
def to_server(port: int) -> Iterator[Ask]:
    """Asks a server of this machine itself, over one connection."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:

        def ask(content_type: str, body: bytes) -> str:
            try:
                connection.request("POST", "/invocations", body, {"Content-Type": content_type, "Accept": "text/csv"})
                response = connection.getresponse()
                text = response.read().decode("utf-8")
            except (OSError, http.client.HTTPException) as error:
                raise StepError("endpoint", f"the server gave no answer: {error}") from error
            if response.status != http.HTTPStatus.OK:
                raise StepError("endpoint", f"status {response.status}: {text[:500]}")
            return text

        yield ask


def _lists(rows: Any, count: int) -> list[list[Any]]:
    return [[_json_ready(value) for value in row.values()] for row in rows.slice(0, count).to_pylist()]


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
