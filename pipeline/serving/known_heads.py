"""Requests under a head that was read before: answered at once, without parser and task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.serving.asgi import headers_by_name
from pipeline.serving.protocol import BoundedProtocol

# The header fields and body of the reply to a body; None where the usual way must see the request.
Direct = Callable[[bytes], bytes | None]
# What answers requests of a method, a target and headers; None where each must go the usual way.
Directs = Callable[[str, bytes, Mapping[bytes, str]], Direct | None]

# Clients repeat few heads; one that sends ever new ones costs no more memory than this.
_REMEMBERED, _HEAD_BYTES = 1024, 2048
_BODY_BYTES = 64 << 10

_HEAD_END = b"\r\n\r\n"
# Fields that say how the message is to be read, or what comes after it.
_FRAMING = (b"transfer-encoding", b"expect", b"upgrade", b"connection", b"te", b"trailer")


@dataclass(frozen=True)
class Known:
    """What a head asks for, and the length of the body that follows it."""

    direct: Direct
    length: int


class KnownHeads:
    """What the heads that were read before ask for, for all connections of a process."""

    def __init__(self, directs: Directs) -> None:
        self._directs = directs
        self._known: dict[bytes, Known] = {}

    def get(self, head: bytes) -> Known | None:
        """What these very bytes ask for."""
        return self._known.get(head)

    def learn(self, head: bytes, method: str, target: bytes, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """Remembers a head that the parser has read as these, where such requests can be answered at once."""
        lines = head.count(b"\r\n")
        # Line ends of other kinds, or a field over several lines: the head may end elsewhere.
        if len(head) > _HEAD_BYTES or lines != len(fields) + 2 or head.count(b"\n") != lines:
            return
        headers = headers_by_name(list(fields))
        length = headers.get(b"content-length", "0")
        usual = length.isascii() and length.isdigit() and int(length) <= _BODY_BYTES
        if not usual or any(_is_unusual(headers, name) for name in _FRAMING):
            return
        direct = self._directs(method, target, headers)
        if direct is not None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[head] = Known(direct, int(length))


def _is_unusual(headers: Mapping[bytes, str], name: bytes) -> bool:
    return name in headers and not (name == b"connection" and headers[name].lower() == "keep-alive")


class QuickProtocol(BoundedProtocol):
    """Answers a request at once where its head, byte by byte, is one that the parser has read before.

    Only between requests, when all that came before is answered; whatever cannot be answered so goes the usual way, in
    which all bytes of the reply are the same.
    """

    def __init__(self, *arguments: Any, heads: KnownHeads, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._heads = heads
        # A head that is being read, and how many requests have begun since.
        self._reading: bytes | None = None
        self._begun = 0
        self._is_new = True
        # A known head whose body is not whole yet.
        self._waiting: Known | None = None
        self._arrived = b""
        self._spoken = 0.0
        self._fields: list[tuple[bytes, bytes]] | None = None
        self._start_of_reply = b""

    def data_received(self, data: bytes) -> None:
        known = self._waiting
        if known is not None:
            data = self._arrived + data
        elif self._is_idle():
            known = self._heads.get(data[: data.find(_HEAD_END) + 4])
        if known is None:
            self._read(data)
            return
        missing = known.length - (len(data) - data.index(_HEAD_END) - 4)
        if missing > 0:
            self._wait(known, data)
            return
        self._waiting = None
        reply = known.direct(data[-known.length :] if known.length else b"") if missing == 0 else None
        if reply is None:
            self._read(data)
            return
        self._is_new = False
        self._stop()
        self.server_state.total_requests += 1
        self._spoken = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_handler()
        self.transport.write(self._reply_start() + reply)

    def on_message_begin(self) -> None:
        self._begun += 1
        super().on_message_begin()

    def shutdown(self) -> None:
        if self._waiting is not None:
            # A request that has begun is answered, which is the parser's to know.
            self._waiting = None
            self._read(self._arrived)
        super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        left = self._spoken + self.timeout_keep_alive - self.loop.time()
        if left <= 0 and self._waiting is None:
            super().timeout_keep_alive_handler()
            return
        later = self.loop.call_later(max(left, 1.0), self.timeout_keep_alive_handler)
        self.timeout_keep_alive_task: asyncio.TimerHandle | None = later

    def _expire(self) -> None:
        if self._waiting is not None:
            self._waiting = None
            self._read(self._arrived)
        super()._expire()

    def _is_idle(self) -> bool:
        """Whether no request has begun that is not answered, and the client takes its replies."""
        if self._is_new:
            return True
        answered = self._deadline is None and (self.cycle is None or self.cycle.response_complete)
        return answered and not self.pipeline and not self.flow.write_paused

    def _wait(self, known: Known, data: bytes) -> None:
        self._waiting, self._arrived = known, data
        self._start()

    def _read(self, data: bytes) -> None:
        """The usual way; the head is remembered once the one request that it begins is whole."""
        if self._deadline is None or self._is_new:
            self._is_new = False
            end = data.find(_HEAD_END)
            self._reading, self._begun = (data[: end + 4] if end >= 0 else None), 0
        super().data_received(data)
        if self._reading is not None and self._deadline is None:
            if self._begun == 1 and self.cycle is not None and self.cycle.keep_alive:
                self._heads.learn(self._reading, self.scope["method"], self.url, self.headers)
            self._reading = None

    def _reply_start(self) -> bytes:
        """The status line and the fields of every reply, which the server makes anew each second."""
        fields = self.server_state.default_headers
        if fields is not self._fields:
            self._fields = fields
            lines = [b"%b: %b\r\n" % field for field in fields]
            self._start_of_reply = b"HTTP/1.1 200 OK\r\n" + b"".join(lines)
        return self._start_of_reply
