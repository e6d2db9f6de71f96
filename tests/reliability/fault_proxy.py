"""A bad network between a client and the service: requests that are refused, replies that are lost, late or cut."""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# Before the service hears of the request.
THROTTLED, ERROR, BUSY, RESET = "throttled", "error", "busy", "reset"
# After it has done what was asked.
LOST, CUT, FAILED_AFTER, SLOW = "lost", "cut", "failed after", "slow"
ALL = (THROTTLED, ERROR, BUSY, RESET, LOST, CUT, FAILED_AFTER, SLOW)
# What no client tries again.
DENIED = "denied"

_UNTOUCHED = {"connection", "transfer-encoding", "content-length"}
_SLOW_SECONDS = 0.5


class FaultProxy:
    """Passes requests on to a service; `url` is what the client is to use.

    Of every operation (an API's own name, or S3's method) the first request meets `first`'s fault, and after that
    each one fault in `share` of all requests, by chance, but the same each time. `met` counts faults by operation.
    """

    def __init__(
        self,
        upstream: str,
        *,
        share: float = 0.0,
        faults: Sequence[str] = ALL,
        first: Mapping[str, str] | None = None,
        seed: int = 1,
    ) -> None:
        self.met: Counter[tuple[str, str]] = Counter()
        self._upstream = urlsplit(upstream)
        self._share, self._faults, self._first = share, faults, dict(first or {})
        self._random = random.Random(seed)  # noqa: S311 - faults, not secrets
        self._lock = threading.Lock()
        proxy = self

        class Handler(_Handler):
            owner = proxy

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[FaultProxy]:
        """While it is entered, it passes on."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()

    def fault(self, operation: str) -> str | None:
        """What the next request of an operation meets."""
        with self._lock:
            found = self._first.pop(operation, None)
            if found is None and self._random.random() < self._share:
                found = self._random.choice(self._faults)
            if found is not None:
                self.met[operation, found] += 1
            return found

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> _Reply:
        """The service's own answer."""
        connection = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=120)
        try:
            connection.request(method, path, body, dict(headers))
            reply = connection.getresponse()
            return _Reply(reply.status, dict(reply.getheaders()), reply.read())
        finally:
            connection.close()


class _Reply:
    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultProxy

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        target = self.headers.get("x-amz-target", "")
        operation = (
            target.partition(".")[2] or f"{self.command} {'invocations' if 'invocations' in self.path else 's3'}"
        )
        fault = self.owner.fault(operation)
        if fault == RESET:
            self._reset()
        elif fault in (THROTTLED, ERROR, BUSY, DENIED):
            self._answer(_refusal(fault, is_json=bool(target)))
        else:
            self._after(fault, self.owner.ask(self.command, self.path, self.headers, body), is_json=bool(target))

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on

    def _after(self, fault: str | None, reply: _Reply, *, is_json: bool) -> None:
        if fault == LOST:
            self._reset()
        elif fault == FAILED_AFTER:
            self._answer(_refusal(ERROR, is_json=is_json))
        elif fault == CUT and self.command != "HEAD" and reply.body:
            self._answer(reply, sent=len(reply.body) // 2)
            self.close_connection = True
        else:
            if fault == SLOW:
                time.sleep(_SLOW_SECONDS)
            self._answer(reply)

    def _answer(self, reply: _Reply, sent: int | None = None) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            if name.lower() not in _UNTOUCHED:
                self.send_header(name, value)
        length = len(reply.body)
        if self.command == "HEAD":
            length = int({name.lower(): value for name, value in reply.headers.items()}.get("content-length", 0))
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[:sent])

    def _reset(self) -> None:
        """Ends the connection as a machine does that goes down: RST, not FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _refusal(fault: str, *, is_json: bool) -> _Reply:
    """As AWS words it: SageMaker and Logs throttle with a 400, S3 with a 503."""
    status, code = {
        THROTTLED: (400 if is_json else 503, "ThrottlingException" if is_json else "SlowDown"),
        ERROR: (500, "InternalFailure" if is_json else "InternalError"),
        BUSY: (503, "ServiceUnavailable"),
        DENIED: (400, "AccessDeniedException") if is_json else (403, "AccessDenied"),
    }[fault]
    if is_json:
        body = json.dumps({"__type": code, "message": "made up"}).encode()
        return _Reply(status, {"Content-Type": "application/x-amz-json-1.1"}, body)
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>made up</Message></Error>"
    return _Reply(status, {"Content-Type": "application/xml"}, text.encode())
