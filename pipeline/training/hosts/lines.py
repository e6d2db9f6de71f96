"""One connection between two hosts: JSON values, a line each, both ways."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any

_LONGEST = 64 << 20  # bytes of a line: no host's word is that long

# A host whose machine is gone says nothing: the system asks after it, and gives it up within half a minute.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}


class Lines:
    """A connected socket as a stream of JSON values; one thread may read while others write."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        self._socket = connection
        self._reader = connection.makefile("rb")
        self._writing = threading.Lock()

    def wait_at_most(self, seconds: float | None) -> None:
        """How long `receive` waits before it takes the connection for ended; None is for ever."""
        self._socket.settimeout(seconds)

    def send(self, value: Any) -> None:
        """Sends a value; raises OSError where the other end is gone."""
        line = json.dumps(value).encode() + b"\n"
        with self._writing:
            self._socket.sendall(line)

    def receive(self) -> Any:
        """The next value; None where the connection has ended, or speaks something else."""
        try:
            line = self._reader.readline(_LONGEST)
            return json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Ends the connection; a `receive` that waits elsewhere returns None."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
