"""A batch to a model that misbehaves: tries, times, and whose fault it was."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from transform_cases import settings

from pipeline.local.endpoints.connections import Connections
from pipeline.local.endpoints.container import Container, Containers
from pipeline.local.endpoints.instance import Instance
from pipeline.local.errors import JobFailure
from pipeline.local.transform.processing import Processing
from pipeline.local.transform.records import Batch
from pipeline.local.transform.requests import Model

# What a server does with a request: its status, its body, and what it does before.
Behaviour = Callable[[bytes], tuple[int, bytes]]


class Server:
    """A container's server in this process that behaves as it is told, and counts its requests."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.behave: Behaviour = lambda body: (200, body)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                server.bodies.append(body)
                status, reply = server.behave(body)
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-type", "text/csv")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                # A client that has given up is gone.
                with contextlib.suppress(OSError):
                    self.wfile.write(reply)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


class Remote(Instance):
    """An instance of that server."""

    def __init__(self, server: Server) -> None:
        container = Container("primary", "image", "s3://b/model.tar.gz", Path("model.tar.gz"), {})
        super().__init__(Containers((container,)), {}, lambda *_: None)
        self._connections = [Connections(server)]

    @property
    def healthy(self) -> bool:
        return True


def transform(server: Server, records: list[bytes], **options: Any) -> Any:
    """What becomes of a batch of lines 1, 2, ..."""

    async def run() -> Any:
        made = settings(**options)
        instance = Remote(server)
        try:
            model = Model([instance], made, Processing(made))
            return await model.transform(Batch("data.csv", records, range(1, len(records) + 1)))
        finally:
            instance.disconnect()

    return asyncio.run(run())


def failing(times: int, status: int) -> Behaviour:
    """Fails so many times."""
    left = [times]

    def behave(body: bytes) -> tuple[int, bytes]:
        left[0] -= 1
        return (status, b"not now") if left[0] >= 0 else (200, body)

    return behave


@pytest.mark.parametrize("status", [500, 503, 429, 0])
def test_what_may_pass_is_tried_again(server: Server, status: int) -> None:
    server.behave = failing(2, status)
    assert transform(server, [b"1", b"2"]) == b"1\n2"
    assert server.bodies == [b"1\n2"] * 3


@pytest.mark.parametrize("retries", [0, 2])
def test_as_often_as_is_said(server: Server, retries: int) -> None:
    server.behave = failing(99, 503)
    with pytest.raises(JobFailure, match=r"AlgorithmError: data\.csv, lines 1 to 2: primary answered 503: not now"):
        transform(server, [b"1", b"2"], ModelClientConfig={"InvocationsMaxRetries": retries})
    assert len(server.bodies) == retries + 1


def test_no_answer_in_time(server: Server) -> None:
    slow = threading.Event()
    server.behave = lambda body: (slow.wait(20), (200, body))[1]
    client = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 1}
    started = time.monotonic()
    try:
        with pytest.raises(JobFailure, match=r"line 1: no answer within InvocationsTimeoutInSeconds, 1 s"):
            transform(server, [b"1"], ModelClientConfig=client)
    finally:
        slow.set()
    assert len(server.bodies) == 2
    assert time.monotonic() - started > 2


@pytest.mark.parametrize("bad", [0, 1, 6, 13, 15])
def test_the_first_bad_record_is_found(server: Server, bad: int) -> None:
    records = [b"%d" % place for place in range(16)]
    records[bad] = b"bad"
    records[15] = b"bad"

    def behave(body: bytes) -> tuple[int, bytes]:
        refused = b'{"error": {"code": "DataError", "message": "a number is expected", "row": 3}}'
        return (400, refused) if b"bad" in body else (200, body)

    server.behave = behave
    with pytest.raises(JobFailure, match=rf"ClientError: data\.csv, line {bad + 1}: primary answered 400: a number"):
        transform(server, records)
    assert len(server.bodies) < 8


def test_a_refusal_of_no_record_names_them_all(server: Server) -> None:
    server.behave = lambda body: (400, b"too many") if b"\n" in body else (200, body)
    with pytest.raises(JobFailure, match=r"lines 1 to 4: primary answered 400: too many"):
        transform(server, [b"1", b"2", b"3", b"4"])
    server.bodies.clear()
    server.behave = lambda body: (413, b"too large")
    with pytest.raises(JobFailure, match=r"lines 1 to 4: primary answered 413: too large"):
        transform(server, [b"1", b"2", b"3", b"4"])
    assert len(server.bodies) == 1


def test_too_few_results(server: Server) -> None:
    server.behave = lambda body: (200, b"0.5\n")
    with pytest.raises(JobFailure, match=r"ClientError: data\.csv, lines 1 to 3: 1 results for 3 records"):
        transform(server, [b"1", b"2", b"3"])


def test_reasons_are_cut_to_sagemaker_s_length(server: Server) -> None:
    server.behave = lambda body: (400, b"x" * 5000)
    with pytest.raises(JobFailure) as caught:
        transform(server, [b"1"])
    assert len(caught.value.message) <= 1024
