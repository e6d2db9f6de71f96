"""Whether a server is healthy, as its GET says."""

from __future__ import annotations

import http.client


def is_healthy(host: str, port: int | None, path: str, *, seconds: float) -> bool:
    """Whether what listens there answers 200 within that time."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
