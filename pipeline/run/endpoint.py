"""A real serving process, and its certain end."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import StepError

_START_SECONDS = 30


@contextmanager
def server(model: Path, log: Path) -> Iterator[tuple[int, float, int]]:
    """A serving process on a free port: yields the port, the seconds to the first 200 of /ping, and its id.

    Raises StepError, with what the server said last, where it does not start.
    """
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
        except (OSError, http.client.HTTPException):
            pass  # not listening yet
        finally:
            connection.close()
        time.sleep(0.01)
    raise StepError("endpoint", f"/ping did not answer 200 within {_START_SECONDS} s")
