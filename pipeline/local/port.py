"""The service's port: bound first, so that its number is known, then served by uvicorn in a thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

import uvicorn

from pipeline.errors import RequirementError
from pipeline.serving.http_server import configured
from pipeline.serving.listener import bind, url

_DRAIN_SECONDS = 5
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Port:
    """A loopback address; port 0 is any free one."""

    def __init__(self, host: str, port: int) -> None:
        if host not in _LOOPBACK:
            raise RequirementError(f"the local SageMaker listens on loopback only, not on {host}")
        self._host, self._number = host, port
        self._listener: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """`http://host:port`, once it is bound."""
        return url(self._host, self._number)

    def bind(self) -> None:
        """Takes the port; raises RequirementError where it is taken."""
        listener = bind(
            self._host,
            self._number,
            named=f"port {self._number}",
            hint="choose another with --port, 0 for any that is free",
        )
        listener.listen(1024)
        self._listener, self._number = listener, listener.getsockname()[1]

    def serve(self, app: Any) -> None:
        """Answers from now on. Connections have TCP_NODELAY, as asyncio sets it."""
        self._server = _Server(configured(app, http="httptools", drain_seconds=_DRAIN_SECONDS))
        assert self._listener is not None  # noqa: S101 - bound before
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, name="port", daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Waits for the end, in steps that a signal can interrupt."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(timeout=1)

    def stop(self) -> None:
        """Finishes what is being answered and closes the port; may be called again."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        if self._listener is not None:
            self._listener.close()
        self._server = self._thread = self._listener = None


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process's own stay."""

    def capture_signals(self) -> Any:
        return contextlib.nullcontext()
