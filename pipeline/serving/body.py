"""A request's body, read and unpacked within bounds."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from pipeline.errors import DataError, PayloadTooLargeError, UnsupportedMediaTypeError
from pipeline.serving.settings import MIB

Receive = Callable[[], Awaitable[dict[str, Any]]]

_GZIP = 16 + zlib.MAX_WBITS


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole."""


async def read_body(receive: Receive, declared: int | None, limit: int) -> bytes:
    """The whole body; PayloadTooLargeError as soon as its declared or its real length is above `limit`."""
    if declared is not None and declared > limit:
        raise too_large(declared, limit)
    parts: list[bytes] = []
    length = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > limit:
            raise too_large(length, limit)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its Content-Encoding, gzip or none; bounded by `limit` also when unpacked."""
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding in ("gzip", "x-gzip"):
        return _gunzip(body, limit)
    raise UnsupportedMediaTypeError(f"the Content-Encoding {encoding[:80]!r} is not read", hint="send gzip or none")


def too_large(length: int, limit: int) -> PayloadTooLargeError:
    """The error for a body above the limit."""
    return PayloadTooLargeError(
        f"the body has {length:,} bytes or more, the limit is {limit // MIB} MiB ({limit:,} bytes)",
        hint="send fewer rows at a time, or raise SAGEMAKER_MAX_PAYLOAD_IN_MB",
    )


def _gunzip(body: bytes, limit: int) -> bytes:
    unpacked = bytearray()
    try:
        # A gzip file may have several members.
        while body:
            member = zlib.decompressobj(_GZIP)
            unpacked += member.decompress(body, limit + 1 - len(unpacked))
            if len(unpacked) > limit:
                raise too_large(len(unpacked), limit)
            if not member.eof:
                raise DataError("the gzip body is cut off")
            body = member.unused_data
    except zlib.error as error:
        raise DataError(f"the body is not gzip: {error}") from error
    return bytes(unpacked)
