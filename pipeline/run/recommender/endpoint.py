"""Endpoint: a real server behind SageMaker's runtime, which must answer what the formula says."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import orjson

from pipeline.errors import StepError
from pipeline.factorization.model import part
from pipeline.recordio import CONTENT_TYPE, Rows, encode_rows, read_labels
from pipeline.run.calls import BATCH_ROWS, CALLS, percentiles
from pipeline.run.requests import log_lines, send, step_of
from pipeline.run.state import Run
from pipeline.sending.clients import failing_as

_JSON = "application/json"


def endpoint_step(run: Run) -> str:
    """Creates the endpoint and sends it test rows through the runtime: one by one as JSON, many as recordIO."""
    send(run, step_of(run.plan, "CreateEndpointConfig"), "endpoint")
    request = step_of(run.plan, "CreateEndpoint")
    described = send(run, request, "endpoint")
    test, scores = run.recommender.test, run.recommender.scores

    def ask(content_type: str, body: bytes) -> bytes:
        reply = run.clients.runtime.invoke_endpoint(
            EndpointName=request.thing_name, ContentType=content_type, Accept=content_type, Body=body
        )
        return bytes(reply["Body"].read())

    with failing_as("endpoint"):
        latencies, sample = [], None
        for at in range(min(CALLS, len(test))):
            body = orjson.dumps({"instances": [_instance(test, at)]})
            started = time.perf_counter()
            reply = ask(_JSON, body)
            latencies.append((time.perf_counter() - started) * 1e3)
            _same([each["score"] for each in orjson.loads(reply)["predictions"]], scores[at : at + 1], f"row {at + 1}")
            sample = sample or {"content_type": _JSON, "body": body.decode(), "reply": reply.decode()}
        many = part(test, 0, min(BATCH_ROWS, len(test)))
        reply = ask(CONTENT_TYPE, encode_rows(many))
        _same(read_labels(io.BytesIO(reply), "score"), scores[: len(many)], "several records")
    (run.logs / "endpoint.log").write_text("".join(f"{line}\n" for line in log_lines(run, request)), encoding="utf-8")
    run.record["endpoint"] = made = {
        "requests": len(latencies) + 1,
        "rows": len(latencies) + len(many),
        "agree": True,
        "cold_start_seconds": round((described["LastModifiedTime"] - described["CreationTime"]).total_seconds(), 3),
        **percentiles(latencies),
        "measured": "runtime",
        "sample": sample,
    }
    return f"{made['requests']} requests, p50 {made['p50_ms']:.2f} ms, start {made['cold_start_seconds']:.2f} s"


def _instance(rows: Rows, at: int) -> dict[str, Any]:
    chosen = slice(int(rows.starts[at]), int(rows.starts[at + 1]))
    tensor = {
        "keys": rows.keys[chosen].tolist(),
        "shape": [int(rows.sizes[at])],
        "values": rows.values[chosen].tolist(),
    }
    return {"data": {"features": tensor}}


def _same(found: Any, expected: Any, what: str) -> None:
    if not np.array_equal(np.asarray(found, np.float32), expected):
        raise StepError("endpoint", f"the endpoint's answer to {what} is not the formula's: {list(found)[:3]}")
