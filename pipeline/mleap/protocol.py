"""What the runtime and its worker say to each other: a JSON header and an Arrow IPC stream, each after its length."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

import pyarrow as pa

LENGTHS = struct.Struct(">IQ")


def send(stream: IO[bytes], header: dict[str, Any], table: pa.Table | None = None) -> None:
    """Write one message; a message without a table has no body."""
    body = b"" if table is None else _write(table)
    text = json.dumps(header).encode()
    stream.write(LENGTHS.pack(len(text), len(body)))
    stream.write(text)
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], pa.Table | None]:
    """Read one message; raises EOFError where the other side has gone."""
    header_length, body_length = LENGTHS.unpack(_exactly(stream, LENGTHS.size))
    header = json.loads(_exactly(stream, header_length))
    body = _exactly(stream, body_length)
    return header, pa.ipc.open_stream(body).read_all() if body else None


def _write(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
