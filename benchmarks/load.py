"""Load on a server of this machine: requests over kept connections, closed loop or at a fixed rate."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def request(path: str, body: bytes = b"", content_type: str = "text/csv") -> bytes:
    """The bytes of a request."""
    method = "POST" if body else "GET"
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if body:
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@contextmanager
def connection(port: int) -> Iterator[socket.socket]:
    """A connection on which nothing waits for more to send."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield client


def exchange(client: socket.socket, sent: bytes) -> bytes:
    """One request and its whole reply, which must be a 200."""
    client.sendall(sent)
    received = client.recv(1 << 20)
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += client.recv(1 << 20)
    length = _LENGTH.search(received, 0, end)
    assert received.startswith(b"HTTP/1.1 200 "), received[:300]
    whole = end + 4 + (int(length[1]) if length else 0)
    parts, size = [received], len(received)
    while size < whole:
        parts.append(client.recv(1 << 20))
        size += len(parts[-1])
    return b"".join(parts)[end + 4 :]


def latencies(port: int, sent: bytes, calls: int) -> list[float]:
    """Microseconds of each request, one after the other on one connection."""
    found = []
    with connection(port) as client:
        for _ in range(calls):
            started = time.perf_counter()
            exchange(client, sent)
            found.append((time.perf_counter() - started) * 1e6)
    return found


def has_wrk() -> bool:
    """Whether wrk is there, which a client in Python is no match for."""
    return shutil.which("wrk") is not None


def rate(port: int, sent: bytes, connections: int, seconds: float) -> float:
    """Requests a second that wrk gets through on so many connections."""
    head, _, body = sent.partition(b"\r\n\r\n")
    method, path, _ = head.split(b"\r\n")[0].decode().split()
    fields = dict(line.decode().split(": ") for line in head.split(b"\r\n")[1:])
    headers = "".join(f"wrk.headers[{name!r}] = {value!r}\n" for name, value in fields.items() if "Length" not in name)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "request.lua")
        escaped = "".join(f"\\{byte:03d}" for byte in body)
        script.write_text(f'wrk.method = {method!r}\nwrk.body = "{escaped}"\n{headers}', encoding="ascii")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(script)]
        said = subprocess.run(
            [*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True
        ).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    found = re.search(r"Requests/sec: +([0-9.]+)", said)
    assert found, said
    return float(found[1])
