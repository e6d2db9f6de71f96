"""Metrics of an endpoint, as Prometheus's own parser reads them."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from serving_models import LINE
from serving_server import Server, refused, serving

from pipeline.serving.metrics import BOUNDS, Counts

Archive = Callable[[str], Path]
NAME = "inference_invocation_seconds"


def address(server: Server) -> str:
    found = re.search(r"^metrics on (http://127\.0\.0\.1:\d+/metrics)$", server.log.read_text(), re.MULTILINE)
    assert found
    return found[1]


def scrape(url: str) -> dict[tuple[str, str], float]:
    """Values by sample and status; of the buckets the last one."""
    with urllib.request.urlopen(url, timeout=30) as reply:  # noqa: S310 - the server of this test
        families = list(text_string_to_metric_families(reply.read().decode()))
    assert [(family.name, family.type) for family in families] == [(NAME, "histogram")]
    return {(sample.name, sample.labels["status"]): sample.value for sample in families[0].samples}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_every_invocation_is_counted_once(archive: Archive, tmp_path: Path, workers: str) -> None:
    with serving(archive("regression"), tmp_path / "log", "--metrics-port", "0", "--workers", workers) as server:
        before = time.perf_counter()
        for _ in range(5):
            connection = server.connect()
            for _ in range(10):
                connection.request("POST", "/invocations", LINE, {"Content-Type": "text/csv"})
                assert connection.getresponse().read()
                connection.request("GET", "/ping")
                assert connection.getresponse().read() == b""
            connection.close()
        assert server.post("M,1").status == 400
        assert server.post(LINE, "text/plain").status == 415
        seconds = time.perf_counter() - before
        said = scrape(address(server))
        assert {status: said[f"{NAME}_count", status] for status in ("200", "400", "415")} == {
            "200": 50,
            "400": 1,
            "415": 1,
        }
        assert said[f"{NAME}_bucket", "200"] == 50
        assert 0 < said[f"{NAME}_sum", "200"] < seconds
        assert server.stop() == 0


def test_metrics_end_with_the_server_however_it_ends(archive: Archive, tmp_path: Path) -> None:
    with serving(archive("regression"), tmp_path / "log", "--metrics-port", "0", "--workers", "2") as server:
        url = address(server)
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        port = int(url.split(":")[2].split("/")[0])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)):
                    return
            time.sleep(0.05)
        pytest.fail("it still listens")


def test_a_worker_that_is_replaced_counts_on(archive: Archive, tmp_path: Path) -> None:
    with serving(archive("regression"), tmp_path / "log", "--metrics-port", "0", "--workers", "2") as server:
        assert server.post(LINE).status == 200
        listed = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        # The first child is the metrics' own process.
        os.kill(int(listed[1]), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while "starting another" not in server.log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for _ in range(20):
            assert server.post(LINE).status == 200
        assert scrape(address(server))[f"{NAME}_count", "200"] == 21


def test_a_port_that_is_taken_is_said(archive: Archive, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = refused(archive("regression"), tmp_path / "log", "--metrics-port", port)
    assert f"port {port} for metrics is taken" in said


def test_times_fall_between_their_bounds() -> None:
    counts = Counts()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] * 1.01, 1.0, 99.0):
        counts.add(200, seconds)
    counts.add(599, 0.1)
    found, total = counts.of(200)
    assert sum(found) == 5
    assert (found[0], found[1], found[BOUNDS.index(1.0)], found[-1]) == (2, 1, 1, 1)
    assert total == pytest.approx(100 + BOUNDS[0] * 2.01)
    assert sum(counts.of(500)[0]) == 1
