"""The connections to a container that are kept for the next request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from pipeline.local.endpoints.connection import Connection, ContainerGoneError, NotListeningError, Response

_KEPT = 64


class Listening(Protocol):
    """What listens on 127.0.0.1."""

    @property
    def port(self) -> int | None:
        """Where, None while it does not."""


class Connections:
    """The connections to one container, which may get another port when it is started again.

    They belong to the event loop that made them: another loop makes its own.
    """

    def __init__(self, container: Listening) -> None:
        self._container = container
        self._idle: list[tuple[asyncio.AbstractEventLoop, int, Connection]] = []

    async def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """The container's reply; raises ContainerGoneError. A connection that the container closed is tried anew."""
        head = _head(method, path, headers, len(body))
        loop = asyncio.get_running_loop()
        while True:
            port = self._container.port
            if port is None:
                raise NotListeningError("the container is being started")
            kept = self._kept(loop, port)
            connection = kept or await _connect(loop, port)
            try:
                response = await connection.request(head, body)
            except ContainerGoneError:
                if kept is None:
                    raise
                continue
            if connection.open and len(self._idle) < _KEPT:
                self._idle.append((loop, port, connection))
            else:
                connection.close()
            return response

    def close(self) -> None:
        """Ends the idle connections; from their loop or from any other thread."""
        while self._idle:
            loop, _, connection = self._idle.pop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(connection.close)

    def _kept(self, loop: asyncio.AbstractEventLoop, port: int) -> Connection | None:
        while self._idle:
            known, there, connection = self._idle.pop()
            if known is loop and there == port and connection.open:
                return connection
            if known is loop:
                connection.close()
        return None


async def _connect(loop: asyncio.AbstractEventLoop, port: int) -> Connection:
    try:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    except OSError as error:
        raise NotListeningError(f"port {port}: {error.strerror}") from error
    return connection


def _head(method: str, path: str, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"content-length: {length}\r\n\r\n"]).encode("latin-1")
