"""Requests under a head that was read before: the same replies, without the parser."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import uvicorn
from serving_models import LINE
from serving_server import Server
from uvicorn.server import ServerState

from pipeline.serving.known_heads import Direct, KnownHeads, QuickProtocol

SECONDS = 2
PING = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n"


def request(body: str = LINE, *fields: str) -> bytes:
    head = ["POST /invocations HTTP/1.1", "Host: x", "Content-Type: text/csv", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*head, "", body]).encode()


class Client:
    """One connection; replies are whole, without their date."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self) -> bytes:
        lines = []
        while line := self._file.readline().rstrip():
            if not line.startswith(b"date: "):
                lines.append(line)
        (length,) = [int(line.split()[1]) for line in lines if line.startswith(b"content-length: ")]
        return b"\n".join([*lines, self._file.read(length)])

    def ask(self, *requests: bytes) -> list[bytes]:
        found = []
        for one in requests:
            self.send(one)
            found.append(self.reply())
        return found

    def is_closed(self) -> bool:
        return self._file.read(1) == b""

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def connected(server: Server) -> contextlib.closing[Client]:
    return contextlib.closing(Client(server))


@pytest.mark.parametrize("one", [request(), request("M,1\n"), PING], ids=["a row", "a bad row", "ping"])
def test_the_same_reply_again(server: Callable[..., Server], one: bytes) -> None:
    running = server("regression")
    with connected(running) as client:
        first, *others = client.ask(*[one] * 5)
    with connected(running) as client:
        others += client.ask(one, one)
    assert set(others) == {first}


def test_other_bodies_and_heads_in_between(server: Callable[..., Server]) -> None:
    other = LINE.replace("0", "1")
    requests = [request(), request(other), request(LINE, "Accept: application/json"), request("x"), PING, request("")]
    running = server("regression")
    alone = []
    for one in requests:
        with connected(running) as client:
            alone += client.ask(one)
    with connected(running) as client:
        for _ in range(3):
            assert client.ask(*requests) == alone
    assert len(set(alone)) == len(alone)


def test_requests_in_parts_and_in_a_row(server: Callable[..., Server]) -> None:
    whole = request()
    with connected(server("regression")) as client:
        (first,) = client.ask(whole)
        for cut in range(1, len(whole), 7):
            client.send(whole[:cut])
            time.sleep(0.01)
            client.send(whole[cut:])
            assert client.reply() == first
        for at in range(0, len(whole), 10):
            client.send(whole[at : at + 10])
            time.sleep(0.001)
        assert client.reply() == first


def test_several_requests_at_once(server: Callable[..., Server]) -> None:
    with connected(server("regression")) as client:
        first, ping = client.ask(request(), PING)
        client.send(request() + PING + request())
        assert [client.reply() for _ in range(3)] == [first, ping, first]


def test_a_body_that_stops(server: Callable[..., Server]) -> None:
    with connected(server("regression", SAGEMAKER_MODEL_SERVER_TIMEOUT=str(SECONDS))) as client:
        client.ask(request(), request())
        started = time.monotonic()
        client.send(request()[:-1])
        assert client.reply().startswith(b"HTTP/1.1 408 Request Timeout\n")
        assert client.is_closed()
        assert time.monotonic() - started > SECONDS / 2


def test_a_request_that_has_begun_is_answered_at_the_end(server: Callable[..., Server]) -> None:
    # A server of its own: it ends.
    running = server("regression", SAGEMAKER_MODEL_SERVER_TIMEOUT="50")
    with connected(running) as client:
        first, _ = client.ask(request(), request())
        client.send(request()[:-3])
        time.sleep(0.2)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        client.send(request()[-3:])
        # The same but for a field that says that the connection ends.
        assert set(first.split(b"\n")) < set(client.reply().split(b"\n"))
        assert client.is_closed()
    assert running.process.wait(30) == 0


FIELDS = [(b"host", b"x"), (b"content-length", b"3")]
HEAD = b"POST /invocations HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n"


def known(head: bytes, fields: list[tuple[bytes, bytes]]) -> Any:
    heads = KnownHeads(lambda method, target, headers: lambda body: body)
    heads.learn(head, "POST", b"/invocations", fields)
    return heads.get(head)


def test_a_usual_head_is_remembered() -> None:
    assert known(HEAD, FIELDS).length == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"transfer-encoding", b"chunked"),
        (b"expect", b"100-continue"),
        (b"connection", b"close"),
        (b"connection", b"keep-alive, upgrade"),
        (b"upgrade", b"h2c"),
        (b"content-length", b"3"),
        (b"x", b"y" * 2048),
    ],
)
def test_heads_that_the_parser_must_see(field: bytes, value: bytes) -> None:
    head = HEAD[:-2] + field + b": " + value + b"\r\n\r\n"
    assert known(head, [*FIELDS, (field, value)]) is None


@pytest.mark.parametrize("length", [b"100000", b"-1", b"+3", "٣".encode()])
def test_lengths_that_the_parser_must_see(length: bytes) -> None:
    assert known(HEAD.replace(b": 3", b": " + length), [FIELDS[0], (b"content-length", length)]) is None


@pytest.mark.parametrize("head", [HEAD.replace(b"x\r\n", b"x\n"), HEAD.replace(b": x", b":\r\n x"), HEAD + b"\n"])
def test_line_ends_that_the_parser_must_see(head: bytes) -> None:
    assert known(head, FIELDS) is None


def test_heads_without_number_cost_bounded_memory() -> None:
    heads = KnownHeads(lambda method, target, headers: lambda body: body)
    for at in range(5000):
        head = b"POST /invocations HTTP/1.1\r\nid: %d\r\n\r\n" % at
        heads.learn(head, "POST", b"/invocations", [(b"id", b"%d" % at)])
        assert heads.get(head)
    assert len(heads._known) <= 1024


class Counting:
    """An application, and what answers without it; counts the requests of each."""

    def __init__(self) -> None:
        self.usual = self.direct = 0
        self.willing = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.usual += 1
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"u"})

    def directs(self, method: str, target: bytes, headers: Any) -> Direct | None:
        return self._direct if target == b"/invocations" else None

    def _direct(self, body: bytes) -> bytes | None:
        if not self.willing:
            return None
        self.direct += 1
        return b"content-length: 1\r\n\r\nd"


@contextlib.asynccontextmanager
async def serving(app: Counting, keep_alive: int = 5) -> AsyncIterator[tuple[asyncio.StreamReader, Any]]:
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None, timeout_keep_alive=keep_alive)
    heads, state = KnownHeads(app.directs), ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: QuickProtocol(config, server_state=state, app_state={}, seconds=30.0, heads=heads), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    yield reader, writer
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()


async def ask(reader: asyncio.StreamReader, writer: Any, one: bytes) -> bytes:
    writer.write(one)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    return await reader.readexactly(1)


def test_only_known_heads_go_without_the_application() -> None:
    async def talk() -> None:
        app = Counting()
        async with serving(app) as (reader, writer):
            made = [await ask(reader, writer, request("abc")) for _ in range(3)]
            assert made == [b"u", b"d", b"d"]
            assert await ask(reader, writer, request("abc", "X: y")) == b"u"
            assert [await ask(reader, writer, PING) for _ in range(2)] == [b"u", b"u"]
            assert await ask(reader, writer, request("abd")) == b"d"
            app.willing = False
            assert await ask(reader, writer, request("abd")) == b"u"
            app.willing = True
            assert await ask(reader, writer, request("abd")) == b"d"
            other = await asyncio.open_connection(*writer.get_extra_info("peername"))
            assert await ask(*other, request("abc")) == b"d"
            other[1].close()
            await other[1].wait_closed()
        assert (app.usual, app.direct) == (5, 5)

    asyncio.run(talk())


def test_a_connection_that_is_used_stays_open() -> None:
    async def talk() -> None:
        async with serving(Counting(), keep_alive=4) as (reader, writer):
            made = []
            for _ in range(4):
                made.append(await ask(reader, writer, request("abc")))
                await asyncio.sleep(2)
            assert made == [b"u", b"d", b"d", b"d"]
            assert await asyncio.wait_for(reader.read(), 30) == b""

    asyncio.run(talk())
