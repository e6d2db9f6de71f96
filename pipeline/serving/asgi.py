"""What ASGI applications say: replies, errors as JSON, and the end of a request that is too large."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import orjson

from pipeline.errors import PipelineError
from pipeline.serving.body import Receive

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Application = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]

_ID_HEADERS = (b"x-amzn-sagemaker-inference-id", b"x-inference-id")
_ID = re.compile(r"[\x21-\x7e]{1,128}")

# How long the rest of a body that is too large is read and thrown away, so that its sender can see the reply.
_LINGER_SECONDS = 2.0

_MESSAGE_CHARACTERS, _VALUE_CHARACTERS = 1000, 200


async def refuse_rest(receive: Receive, send: Send, error: PipelineError, *headers: tuple[bytes, bytes]) -> None:
    """Answers before the body is whole, then closes: a close with unread data would take the reply with it."""
    body = error_body(error.to_dict())
    ends = (b"content-type", b"application/json"), (b"connection", b"close")
    await _start(send, error.http_status, body, [*ends, *headers])
    await send({"type": "http.response.body", "body": body, "more_body": True})
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while (message := await receive())["type"] != "http.disconnect" and message.get("more_body"):
                pass
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


async def send_error(send: Send, status: int, problem: dict[str, Any], *headers: tuple[bytes, bytes]) -> None:
    """A reply whose body is the error as JSON."""
    await send_reply(send, status, error_body(problem), (b"content-type", b"application/json"), *headers)


async def send_reply(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    """A whole reply."""
    await _start(send, status, body, headers)
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": int(status), "headers": [*headers, length]})


def error_body(problem: dict[str, Any]) -> bytes:
    """The JSON body of an error: its texts cut to a readable length, without values that are no scalars."""
    shown = {key: _short(key, value) for key, value in problem.items()}
    return orjson.dumps({"error": {key: value for key, value in shown.items() if value is not None}}, default=str)


def _short(key: str, value: Any) -> Any:
    """Text cut to a readable length; a value that is no scalar is left to the message."""
    if isinstance(value, str):
        limit = _VALUE_CHARACTERS if key == "value" else _MESSAGE_CHARACTERS
        return value if len(value) <= limit else value[: limit - 3] + "..."
    return None if isinstance(value, list | dict) else value


def problem_of(code: str, message: str, allowed: Iterable[str]) -> dict[str, Any]:
    """An error as data, with what there is instead."""
    return {"code": code, "message": message, "expected": "one of " + ", ".join(allowed)}


def headers_by_name(raw: Headers) -> dict[bytes, str]:
    """The headers by name; those sent several times joined, as RFC 9110 allows for lists."""
    headers: dict[bytes, str] = {}
    for name, value in raw:
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def inference_id(headers: Mapping[bytes, str]) -> str:
    """The client's id of its request, as far as it is fit for a log; else a new one."""
    given = next((headers[name] for name in _ID_HEADERS if name in headers), "")
    return given if _ID.fullmatch(given) else uuid.uuid4().hex


def declared_length(headers: Mapping[bytes, str]) -> int | None:
    """The body's length as its sender declares it; None where that is no number."""
    declared = headers.get(b"content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else None
