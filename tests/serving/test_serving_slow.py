"""Requests that arrive slowly, or never whole."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from serving_models import LINE
from serving_server import Server

SECONDS = 2
HEAD = (
    b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
    b"Content-Length: " + str(len(LINE)).encode() + b"\r\n\r\n"
)
WHOLE = HEAD + LINE.encode()


@pytest.fixture
def impatient(server: Callable[..., Server]) -> Server:
    """A server that waits for two seconds."""
    return server("regression", SAGEMAKER_MODEL_SERVER_TIMEOUT=str(SECONDS))


@contextlib.contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        yield client


def rest(client: socket.socket) -> bytes:
    """What comes until the server closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(1 << 16):
            received += part
    return received


def is_timeout(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"connection: close" in head
    assert f"content-length: {len(body)}".encode() in head
    error = json.loads(body)["error"]
    assert error["message"] == "the request was not whole after 2 s"
    return error["code"] == "RequestTimeout"


def test_a_request_that_stops(impatient: Server) -> None:
    with contextlib.ExitStack() as stack:
        started = time.monotonic()
        lengths = (1, 40, len(HEAD) - 2, len(HEAD), len(WHOLE) - 1)
        clients = [stack.enter_context(connected(impatient)) for _ in lengths]
        for client, length in zip(clients, lengths, strict=True):
            client.sendall(WHOLE[:length])
        assert impatient.call().status == 200
        assert all(is_timeout(rest(client)) for client in clients)
        assert time.monotonic() - started > SECONDS * 0.9


@pytest.mark.parametrize("within", ["head", "body", "chunks"])
def test_a_request_that_trickles(within: str, impatient: Server) -> None:
    # Each byte comes soon after the last, yet all of them not in time.
    begun, byte = {
        "head": (b"GET /ping HTTP/1.1\r\nX-Slow: ", b"x"),
        "body": (HEAD.replace(str(len(LINE)).encode(), b"100000"), b"1"),
        "chunks": (HEAD[: HEAD.index(b"Content-Length")] + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n1\r\n"),
    }[within]
    with connected(impatient) as client:
        client.sendall(begun)
        over = threading.Event()

        def trickle() -> None:
            with contextlib.suppress(OSError):
                while not over.wait(0.1):
                    client.sendall(byte)

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            answer = rest(client)
        finally:
            over.set()
            thread.join()
        assert is_timeout(answer)


def test_a_connection_that_says_nothing(impatient: Server) -> None:
    with connected(impatient) as client:
        assert rest(client) == b""


def test_a_body_that_nobody_waits_for(impatient: Server) -> None:
    with connected(impatient) as client:
        client.sendall(HEAD.replace(b"/invocations", b"/nowhere"))
        answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"408" not in answer


def test_a_pause_between_requests_is_none_within_one(impatient: Server) -> None:
    connection = impatient.connect()
    for _ in range(2):
        connection.request("POST", "/invocations", LINE, {"Content-Type": "text/csv"})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
        time.sleep(SECONDS * 1.2)
    connection.close()


def test_the_next_request_on_a_connection_has_its_own_time(impatient: Server) -> None:
    with connected(impatient) as client:
        client.sendall(WHOLE)
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 200")
        client.sendall(WHOLE[:9])
        # The end of the first answer may come after its head.
        _, start, last = rest(client).rpartition(b"HTTP/1.1 ")
    assert is_timeout(start + last)


def test_an_answer_that_takes_long_comes_before_the_next_request_s(impatient: Server) -> None:
    count = 100_000
    body = (LINE + "\n").encode() * count
    head = HEAD.replace(f": {len(LINE)}".encode(), f": {len(body)}".encode())
    with connected(impatient) as client:
        client.sendall(head + body + WHOLE[:9])
        first, _, second = rest(client).rpartition(b"HTTP/1.1 ")
    assert first.startswith(b"HTTP/1.1 200")
    assert first.count(b"\n", first.index(b"\r\n\r\n") + 4) == count
    assert is_timeout(b"HTTP/1.1 " + second)
