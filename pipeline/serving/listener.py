"""A port, bound before anything is served on it, so that its number is known and a taken one is said at once."""

from __future__ import annotations

import errno
import socket

from pipeline.errors import RequirementError


def bind(host: str, port: int, *, named: str, hint: str) -> socket.socket:
    """A socket bound to the address, port 0 to any free one; raises RequirementError, in which the port is `named`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be bound: {error.strerror}"
        raise RequirementError(f"{named} {why}", hint=hint) from error
    return listener


def url(host: str, port: int) -> str:
    """The address as a URL."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
