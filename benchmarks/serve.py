"""The endpoint: one row over keep-alive HTTP, against the same server answering a constant; cold start and memory.

python -m benchmarks.serve [--data abalone.csv] [--calls 2000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.common import abalone_model, abalone_rows, save
from benchmarks.server import server


def latencies(port: int, method: str, path: str, body: bytes | None, calls: int) -> list[float]:
    """Milliseconds of each call on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": "text/csv"} if body else {}
    found = []
    for _ in range(calls):
        started = time.perf_counter()
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        found.append((time.perf_counter() - started) * 1e3)
        assert response.status == http.HTTPStatus.OK
    connection.close()
    return found


def memory(process: int) -> float:
    """Resident megabytes of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--calls", type=int, default=2000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    lines = abalone_rows(options.data)
    row = lines[0].encode()
    figures: dict[str, list[float]] = {"row": [], "constant": []}
    starts, sizes = [], []
    with tempfile.TemporaryDirectory() as name:
        path, _, _ = abalone_model(lines, Path(name))
        for _ in range(options.rounds):
            with server(path) as (port, cold_start, process):
                starts.append(cold_start)
                for _ in range(2):
                    constant = latencies(port, "GET", "/ping", None, options.calls // options.rounds // 2)
                    figures["constant"] += constant
                    scored = latencies(port, "POST", "/invocations", row, options.calls // options.rounds // 2)
                    figures["row"] += scored
                sizes.append(memory(process))
    points = {
        key: {f"p{point}": float(np.percentile(values, point)) for point in (50, 99)} for key, values in figures.items()
    }
    start, size = statistics.median(starts), max(sizes)
    for point in ("p50", "p99"):
        print(f"one row {point} {points['row'][point]:.2f} ms, a constant {points['constant'][point]:.2f} ms")
    print(f"cold start to /ping {start:.2f} s (goal: 1.5), resident {size:.0f} MB (goal: 250)")
    save("serve", {"milliseconds": points, "cold_start_seconds": starts, "resident_mb": sizes}, options.output)


if __name__ == "__main__":
    main()
