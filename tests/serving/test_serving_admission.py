"""What an endpoint takes on at once: requests, bytes, heads, connections."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from serving_models import LINE
from serving_server import Server

from pipeline.errors import BusyError
from pipeline.serving import app as application
from pipeline.serving import protocol
from pipeline.serving.admission import Bound
from pipeline.serving.app import INLINE_BYTES, App
from pipeline.serving.replies import Reply
from pipeline.serving.settings import Settings


def test_a_bound_holds_what_fits() -> None:
    bound = Bound(3, "things")
    with bound.holding(1), bound.holding(2):
        with pytest.raises(BusyError, match=r"3 things") as refused, bound.holding(1):
            pass
        assert refused.value.http_status == 503
    with bound.holding(10), pytest.raises(BusyError), bound.holding(1):
        pass
    with bound.holding(3):
        pass


class Slow:
    """An endpoint that answers when it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def invoke(self, body: bytes, content_type: str, accept: str = "", encoding: str = "") -> Reply:
        assert self.go.wait(30)
        return Reply(b"text/csv", b"%d" % len(body))


async def post(app: App, *parts: bytes, pause: asyncio.Event | None = None) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of an invocation whose body comes in parts, the last one after the pause."""
    left = list(parts)
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if len(left) == 1 and pause is not None:
            await pause.wait()
        if not left:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"path": "/invocations", "method": "POST", "headers": [(b"content-type", b"text/csv")]}
    await app(scope, receive, send)
    return said[0]["status"], dict(said[0]["headers"]), b"".join(one["body"] for one in said[1:])


def test_bodies_that_wait_for_a_thread_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "_BYTES", 1)
    large = b"x" * (INLINE_BYTES + 1)

    async def talk() -> None:
        endpoint = Slow()
        app = App(endpoint, Settings(max_payload_mb=1))
        # Bodies of two limits wait at once.
        most = 2 * Settings(max_payload_mb=1).max_payload // len(large)
        waiting = [asyncio.create_task(post(app, large)) for _ in range(most)]
        await asyncio.sleep(0.05)
        status, headers, body = await post(app, large)
        assert (status, headers[b"retry-after"]) == (503, b"1")
        assert json.loads(body)["error"]["code"] == "ServiceUnavailable"
        endpoint.go.set()
        assert {(await one)[0] for one in waiting} == {200}
        assert (await post(app, large))[0] == 200

    asyncio.run(talk())


def test_requests_under_way_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "_REQUESTS", 2)

    async def talk() -> None:
        endpoint, pause = Slow(), asyncio.Event()
        endpoint.go.set()
        app = App(endpoint, Settings())
        begun = [asyncio.create_task(post(app, b"a", b"b", pause=pause)) for _ in range(2)]
        await asyncio.sleep(0.01)
        status, headers, _ = await post(app, b"a", b"b")
        assert (status, headers[b"retry-after"], headers[b"connection"]) == (503, b"1", b"close")
        pause.set()
        assert [(await one)[0] for one in begun] == [200, 200]
        assert (await post(app, b"a"))[0] == 200

    asyncio.run(talk())


def test_a_head_without_end(server: Callable[..., Server]) -> None:
    running = server("regression")
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as client:
        client.sendall(b"GET /ping HTTP/1.1\r\n")
        received = b""
        with contextlib.suppress(OSError):
            for _ in range(10000):
                client.sendall(b"x: " + b"y" * 1000 + b"\r\n")
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(1 << 16):
                received += part
    # The reply may be lost to the bytes that were still under way; the connection is closed in any case.
    assert not received or received.startswith(b"HTTP/1.1 431 ")
    assert running.post(LINE).status == 200


def test_a_head_of_many_fields_is_read(server: Callable[..., Server]) -> None:
    fields = {f"x-{at}": "y" * 100 for at in range(80)}
    running = server("regression")
    for _ in range(3):
        assert running.post(LINE, **fields).status == 200


class Transport:
    """What a protocol says, and whether it closed."""

    def __init__(self) -> None:
        self.said, self.closed = b"", False

    def write(self, data: bytes) -> None:
        self.said += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> None:
        return None


def test_connections_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn
    from uvicorn.server import ServerState

    monkeypatch.setattr(protocol, "CONNECTIONS", 2)

    async def talk() -> None:
        state = ServerState()
        config = uvicorn.Config(Slow(), ws="none", lifespan="off", log_config=None)
        made = []
        for _ in range(3):
            transport = Transport()
            one = protocol.BoundedProtocol(config, server_state=state, app_state={}, seconds=5.0)
            one.connection_made(transport)  # type: ignore[arg-type]
            made.append((one, transport))
        assert [transport.closed for _, transport in made] == [False, False, True]
        assert made[2][1].said.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"\r\nretry-after: 1\r\n" in made[2][1].said
        for one, _ in made:
            one.connection_lost(None)
        assert not state.connections

    asyncio.run(talk())
