"""A container that counts the requests that it has at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from endpoint_cases import SECONDS

# How long a request that would be one too many has to show itself.
_GRACE = 0.2


class CountingProcess:
    """Stands where ServingProcess does; see counting. `most` has each process's most requests at once."""

    expected: ClassVar[int]
    asks: ClassVar[int]
    most: ClassVar[list[int]]

    def __init__(self, container: Any, base: Mapping[str, str], log: Callable[[str], None]) -> None:
        self.pid = 0
        self._place = len(self.most)
        self.most.append(0)
        self._in_flight = 0
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.process = self
        self.port: int | None = self._server.server_port

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def wait(self, deadline: float, cancelled: threading.Event) -> None:
        """It is healthy at once."""

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self) -> bytes:
        """Called by each request; the first ones wait for each other."""
        with self._changed:
            self._in_flight += 1
            self.most[self._place] = max(self.most[self._place], self._in_flight)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most[self._place] >= self.expected, SECONDS)
        time.sleep(_GRACE)
        with self._changed:
            self._in_flight -= 1
        return b"1\n"


def counting(expected: int, asks: int) -> type[CountingProcess]:
    """Processes that answer no request before they have so many, and tell /execution-parameters what they ask for."""
    return type("Counting", (CountingProcess,), {"expected": expected, "asks": asks, "most": []})


class _Server(ThreadingHTTPServer):
    process: CountingProcess
    # Connections are kept for further requests: nobody waits for their threads.
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._reply(json.dumps({"MaxConcurrentTransforms": self.server.process.asks}).encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._reply(self.server.process.answer())

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _reply(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/csv")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
