"""The endpoint over HTTP: one row, many clients, many rows a request; cold start and memory.

python -m benchmarks.serve [--data abalone.csv] [--calls 4000] [--rounds 5] [--seconds 3] [--peer-chain URL URL]

`constant` is the same server's `/ping`, asked in turn with the row. The figures of AWS's two containers in a chain
(docs/performance.md) were measured elsewhere; with --peer-chain URLs of such containers are asked here, in turn too:
the row goes to the first, its reply to the second. Rates need wrk.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import abalone_model, abalone_rows, resident_mb, save
from benchmarks.load import connection, exchange, has_wrk, latencies, rate, request
from benchmarks.server import server

_ROWS, _CLIENTS, _WORKERS = 1000, 8, 2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--calls", type=int, default=4000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--peer-chain", nargs=2, metavar="URL")
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    lines = abalone_rows(options.data)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        path, _, _ = abalone_model(lines, Path(name))
        results["one_row"] = one_row(path, lines, options.calls, options.rounds, options.peer_chain)
        results["start"] = starts(path, lines, options.rounds)
        if has_wrk():
            results["rates"] = rates(path, lines, options.rounds, options.seconds)
    show(results)
    save("serve", results, options.output)


def one_row(path: Path, lines: list[str], calls: int, rounds: int, chain: list[str] | None) -> dict[str, Any]:
    """Microseconds of a request with one row, and of a constant, on one kept connection."""
    sent = {"row": request("/invocations", lines[0].encode()), "constant": request("/ping")}
    found: dict[str, list[float]] = {name: [] for name in sent}
    with server(path) as (port, _, _):
        for each in sent.values():
            latencies(port, each, calls // 4)
        for _ in range(rounds):
            for name, each in sent.items():
                found[name] += latencies(port, each, calls)
            if chain:
                found.setdefault("chain", []).extend(chained(chain, lines[0].encode(), calls // 10))
    return {
        name: {f"p{point:g}": float(np.percentile(values, point)) for point in (50, 99, 99.9)}
        for name, values in found.items()
    }


def chained(urls: list[str], body: bytes, calls: int) -> list[float]:
    """Microseconds of a row through servers in AWS's contract, one after the other."""
    found = []
    for _ in range(calls):
        started = time.perf_counter()
        passed = body
        for url in urls:
            asked = urllib.request.Request(f"{url}/invocations", passed, {"Content-Type": "text/csv"})  # noqa: S310
            with urllib.request.urlopen(asked) as reply:  # noqa: S310
                passed = reply.read()
        found.append((time.perf_counter() - started) * 1e6)
    return found


def starts(path: Path, lines: list[str], rounds: int) -> dict[str, Any]:
    """Seconds from the process's start to the first score, and the megabytes that it holds then."""
    seconds, megabytes = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        with server(path) as (port, _, process):
            with connection(port) as client:
                exchange(client, request("/invocations", lines[0].encode()))
            seconds.append(time.perf_counter() - began)
            megabytes.append(resident_mb(process))
    return {"seconds": statistics.median(seconds), "resident_mb": max(megabytes)}


def rates(path: Path, lines: list[str], rounds: int, seconds: float) -> dict[str, float]:
    """Requests a second with one row each, and rows a second with 1,000 each, from 8 clients on 2 workers."""
    rows = (lines * (_ROWS // len(lines) + 1))[:_ROWS]
    many = "".join(json.dumps({"data": values(line)}) + "\n" for line in rows)
    sent = {
        "constant": (request("/ping"), 1),
        "row": (request("/invocations", lines[0].encode()), 1),
        "csv_rows": (request("/invocations", "\n".join(rows).encode()), _ROWS),
        "json_lines_rows": (request("/invocations", many.encode(), "application/jsonlines"), _ROWS),
    }
    found: dict[str, list[float]] = {name: [] for name in sent}
    with server(path, {"SAGEMAKER_MODEL_SERVER_WORKERS": str(_WORKERS)}) as (port, _, _):
        for _ in range(rounds):
            for name, (each, count) in sent.items():
                found[name].append(rate(port, each, _CLIENTS, seconds) * count)
    return {name: statistics.median(measured) for name, measured in found.items()}


def values(line: str) -> list[Any]:
    """The row as JSON has it."""
    first, *others = line.split(",")
    return [first, *map(float, others)]


def show(results: Mapping[str, Any]) -> None:
    row, constant = results["one_row"]["row"], results["one_row"]["constant"]
    for point in row:
        print(
            f"one row {point} {row[point]:.0f} us, a constant {constant[point]:.0f}: {row[point] / constant[point]:.2f}"
        )
    start = results["start"]
    print(f"cold start to the first score {start['seconds']:.2f} s, resident {start['resident_mb']:.0f} MB")
    for name, value in results.get("rates", {}).items():
        print(f"{name}: {value:,.0f} a second, {_CLIENTS} clients, {_WORKERS} workers, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
