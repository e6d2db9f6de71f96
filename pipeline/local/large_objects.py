"""Large S3 objects sent from their files: moto answers for the headers, as of a HEAD, and holds no content."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from pipeline.local.gateway import AsgiApp, Receive, Scope, Send

_LARGE = 1 << 20
_BLOCK = 1 << 20

# Bucket, key and version -> moto's key, or None.
Find = Callable[[str, str, str | None], Any]


def from_files(app: AsgiApp, find: Find) -> AsgiApp:
    """The application, with plain GETs of large objects answered here."""

    async def quick(scope: Scope, receive: Receive, send: Send) -> None:
        content = _content(scope, find)
        if content is None:
            await app(scope, receive, send)
            return
        start = await _head(app, scope, receive)
        headers = {name.lower(): value for name, value in start["headers"]}
        part = _range(headers, content.size)
        # Not the object that was found, or no content at all: moto says which.
        if start["status"] not in {200, 206} or part is None or headers.get(b"etag") != content.etag:
            await app(scope, receive, send)
            return
        await send({**start, "headers": [*_checksummed(start["headers"], content, whole=part == (0, content.size))]})
        await _send_file(send, content.path, *part)

    return quick


@dataclass(frozen=True)
class _Content:
    """An object's file; `parts` is how many checksums its own is made of, 0 where it is of the whole."""

    path: Path
    size: int
    etag: bytes
    parts: int


def _content(scope: Scope, find: Find) -> _Content | None:
    """The file of the object that a request is for, if this is a plain GET of a large one."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    bucket, _, name = scope["path"].lstrip("/").partition("/")
    if scope["method"] != "GET" or not name or query.keys() - {"x-id", "versionId"}:
        return None
    signed = any(header == b"authorization" and b"/s3/aws4_request" in value for header, value in scope["headers"])
    key = find(bucket, name, query.get("versionId", [None])[0]) if signed else None
    if key is None or key.contentsize < _LARGE:
        return None
    parts = key.checksum_parts if key.checksum_type == "COMPOSITE" else 0
    return _Content(key.content.path, key.contentsize, key.etag.encode(), parts or 0)


async def _head(app: AsgiApp, scope: Scope, receive: Receive) -> dict[str, Any]:
    """How moto's answer to a HEAD begins."""
    started: dict[str, Any] = {}

    async def hold(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)

    await app({**scope, "method": "HEAD"}, receive, hold)
    return started


def _range(headers: Mapping[bytes, bytes], size: int) -> tuple[int, int] | None:
    """First byte and number of bytes that the headers promise; None where they do not fit the object."""
    length = int(headers.get(b"content-length", b"-1"))
    if b"content-range" not in headers:
        return (0, size) if length == size else None
    first, last = (int(text) for text in headers[b"content-range"].split()[1].split(b"/")[0].split(b"-"))
    return (first, length) if length == last - first + 1 else None


def _checksummed(headers: Iterable[tuple[bytes, bytes]], content: _Content, *, whole: bool) -> Iterator[Any]:
    """The headers as of a GET: part of an object has no checksum, and one made of several says so."""
    for name, value in headers:
        of_content = name.lower().startswith(b"x-amz-checksum-") and name.lower() != b"x-amz-checksum-type"
        if not of_content:
            yield name, value
        elif whole:
            yield name, value + f"-{content.parts}".encode() if content.parts else value


async def _send_file(send: Send, path: Path, first: int, length: int) -> None:
    with path.open("rb") as file:
        file.seek(first)
        left = length
        while left > 0:
            block = await asyncio.to_thread(file.read, min(_BLOCK, left))
            if not block:
                raise OSError(f"{path} is shorter than it was")
            left -= len(block)
            await send({"type": "http.response.body", "body": block, "more_body": left > 0})
