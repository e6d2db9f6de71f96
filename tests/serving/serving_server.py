"""A real server process, and the plainest client for it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """A response: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def error(self) -> dict[str, Any]:
        """The error of a refused request."""
        assert self.headers["content-type"] == "application/json"
        document = json.loads(self.body)
        assert list(document) == ["error"]
        assert {"code", "message"} <= document["error"].keys()
        return document["error"]

    def scores(self) -> list[float]:
        """The numbers of a CSV reply with one score a line."""
        assert self.status == 200, self.text
        return [float(line) for line in self.text.splitlines()]


class Server:
    """A server's process, its port and its log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def connect(self, timeout: float = 30) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def call(
        self,
        method: str = "GET",
        path: str = "/ping",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        chunked: bool = False,
    ) -> Answer:
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, path, body, dict(headers or {}), encode_chunked=chunked)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()

    def post(
        self,
        body: Any,
        content_type: str | None = "text/csv",
        accept: str | None = None,
        path: str = "/invocations",
        **headers: str,
    ) -> Answer:
        """One invocation; keyword arguments are further headers, `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            sent["Content-Type"] = content_type
        if accept is not None:
            sent["Accept"] = accept
        return self.call("POST", path, body.encode() if isinstance(body, str) else body, sent)

    def json(self, document: Any, accept: str | None = None, content_type: str = "application/json") -> Answer:
        """One invocation with a JSON document."""
        return self.post(json.dumps(document), content_type, accept)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal and returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


SERVING = (sys.executable, "-m", "pipeline.serving")


def launch(
    model: Path, log: Path, *arguments: str, program: Sequence[str] = SERVING, **environment: str
) -> subprocess.Popen[bytes]:
    """Starts a server with SageMaker's variables just as given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SAGEMAKER_", "SM_"))}
    with log.open("wb") as record:
        return subprocess.Popen(
            [*program, str(model), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=record,
            stderr=record,
            env={**inherited, **environment},
        )


@contextmanager
def serving(
    model: Path, log: Path, *arguments: str, program: Sequence[str] = SERVING, **environment: str
) -> Iterator[Server]:
    """A server on a free port, ended afterwards whatever happens."""
    local = ("--port", "0", "--host", "127.0.0.1")
    process = launch(model, log, *local, *arguments, program=program, **environment)
    try:
        yield Server(process, _port(process, log), log)
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def refused(model: Path, log: Path, *arguments: str, **environment: str) -> str:
    """What a server says that must not start."""
    process = launch(model, log, "--port", "0", *arguments, **environment)
    try:
        assert process.wait(timeout=START_SECONDS) == 1
    finally:
        process.kill()
    said = log.read_text()
    assert said.startswith("error: ")
    assert "Traceback" not in said
    return said


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = re.search(r"^serving .* on http://127\.0\.0\.1:(\d+)$", log.read_text(), re.MULTILINE)
        if found:
            return int(found[1])
        assert process.poll() is None, f"the server ended: {log.read_text()}"
        time.sleep(0.01)
    raise AssertionError(f"the server did not start: {log.read_text()}")
