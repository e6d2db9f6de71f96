"""A container that is asked whether it is healthy: slow to answer, missing now and then, hanging."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from endpoint_cases import SECONDS, Bench, alive, config
from model_cases import features_of, raw, table_of, train

from pipeline.local.endpoints import invocation, ping
from pipeline.local.endpoints.container import Container
from pipeline.local.endpoints.process import ServingProcess
from pipeline.packaging.archives import xgboost_archive


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("pings") / "model.tar.gz"
    return xgboost_archive(raw(train(features_of(table_of(50)), {}, rounds=1)), archive)


@contextmanager
def serving(model: Path, log: Callable[[ServingProcess, str], None]) -> Iterator[ServingProcess]:
    """A container's process that is healthy; `log` gets it, too, with each line."""
    process = ServingProcess(Container("primary", "", "", model, {}), os.environ, lambda line: log(process, line))
    process.start()
    try:
        process.wait(time.monotonic() + SECONDS, threading.Event())
        yield process
    finally:
        process.stop()


def test_a_first_ping_that_is_slow_is_asked_again(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, answers, stopped = ping.is_healthy, list[bool](), list[int]()

    def stop(process: ServingProcess, line: str) -> None:
        if line.startswith("serving "):
            assert process.pid is not None
            stopped.append(process.pid)
            os.kill(process.pid, signal.SIGSTOP)

    def asked(port: int) -> bool:
        answers.append(ask(port))
        if answers == [False, False]:
            os.kill(stopped[0], signal.SIGCONT)
        return answers[-1]

    monkeypatch.setattr(ping, "SECONDS", 0.5)
    monkeypatch.setattr(ping, "is_healthy", asked)
    with serving(model, stop) as process:
        assert answers[:2] == [False, False]
        assert [process.pid] == stopped
        assert process.port is not None


def test_only_misses_in_a_row_end_a_container(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coming, answers, lines = itertools.cycle([True, False, False]), list[bool](), list[str]()

    def asked(port: int) -> bool:
        answers.append(next(coming))
        return answers[-1]

    monkeypatch.setattr(ping, "SERVING", 0.01)
    monkeypatch.setattr(ping, "MISSES", 3)
    monkeypatch.setattr(ping, "is_healthy", asked)
    with serving(model, lambda process, line: lines.append(line)) as process:
        pid, deadline = process.pid, time.monotonic() + SECONDS
        while len(answers) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (process.pid, len(answers) >= 20) == (pid, True)
    assert not any("in a row" in line for line in lines)


def test_a_worker_that_hangs_is_replaced(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ping, "SECONDS", 0.5)
    monkeypatch.setattr(ping, "SERVING", 0.1)
    monkeypatch.setattr(ping, "MISSES", 3)
    monkeypatch.setattr(invocation, "_RESTART_SECONDS", SECONDS)
    bench.create("hanging", config())
    expected = bench.call("hanging").body
    (hung,) = bench.pids("hanging")
    os.kill(hung, signal.SIGSTOP)
    # It has the request, and another answers it.
    assert bench.call("hanging").body == expected
    assert not alive(hung)
    assert any("did not answer /ping 3 times in a row" in line for told, _, line in bench.lines if told == "hanging")
