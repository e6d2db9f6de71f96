"""The endpoint as an ASGI application: SageMaker's three routes, and errors as JSON."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

import orjson

from pipeline.errors import PayloadTooLargeError, PipelineError
from pipeline.serving.body import ClientGoneError, Receive, read_body
from pipeline.serving.endpoint import Reply
from pipeline.serving.settings import Settings

Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# Smaller bodies are scored in less time than a thread takes to start.
INLINE_BYTES = 64 << 10

# How long the rest of a body that is too large is read and thrown away, so that its sender can see the reply.
_LINGER_SECONDS = 2.0

_MESSAGE_CHARACTERS, _VALUE_CHARACTERS = 1000, 200

_ALLOWED = {
    "/ping": ("GET", "HEAD"),
    "/execution-parameters": ("GET", "HEAD"),
    "/invocations": ("POST",),
}

_log = logging.getLogger(__name__)


class Invoked(Protocol):
    """What answers a request's body, content type, accept and content encoding; raises PipelineError."""

    def invoke(self, body: bytes, content_type: str, accept: str = "", encoding: str = "") -> Reply: ...


class App:
    """`GET /ping`, `GET /execution-parameters` and `POST /invocations` for one endpoint."""

    def __init__(self, endpoint: Invoked, settings: Settings) -> None:
        self._endpoint = endpoint
        self._limit = settings.max_payload
        self._parameters = orjson.dumps(
            {
                "MaxConcurrentTransforms": settings.workers,
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": settings.max_payload_mb,
            }
        )

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        path = scope["path"]
        path = path.removesuffix("/") or path
        allowed = _ALLOWED.get(path)
        if allowed is None:
            await _send_error(send, HTTPStatus.NOT_FOUND, _problem("NotFound", f"there is no {path[:80]}", _ALLOWED))
        elif scope["method"] not in allowed:
            problem = _problem("MethodNotAllowed", f"{path} takes no {scope['method']}", allowed)
            await _send_error(send, HTTPStatus.METHOD_NOT_ALLOWED, problem, (b"allow", ", ".join(allowed).encode()))
        elif path == "/invocations":
            await self._invocations(_headers(scope["headers"]), receive, send)
        elif path == "/ping":
            await _send(send, HTTPStatus.OK, b"")
        else:
            await _send(send, HTTPStatus.OK, self._parameters, (b"content-type", b"application/json"))

    async def _invocations(self, headers: Mapping[bytes, str], receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive, _length(headers), self._limit)
        except ClientGoneError:
            return
        except PayloadTooLargeError as error:
            await _refuse_rest(receive, send, error)
            return
        content_type, accept = headers.get(b"content-type", ""), headers.get(b"accept", "")
        encoding = headers.get(b"content-encoding", "")
        arguments = (body, content_type, accept, encoding)
        try:
            if len(body) <= INLINE_BYTES and not encoding:
                reply = self._endpoint.invoke(*arguments)
            else:
                reply = await asyncio.to_thread(self._endpoint.invoke, *arguments)
        except PipelineError as error:
            await self._refuse(send, error)
        except Exception:  # noqa: BLE001 - whatever it is, the client learns no more than that it was ours
            await _send_unexpected(send)
        else:
            await _send(send, HTTPStatus.OK, reply.body, (b"content-type", reply.content_type))

    async def _refuse(self, send: Send, error: PipelineError) -> None:
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            await _send_unexpected(send)
            return
        headers: Headers = []
        if error.http_status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            headers.append((b"accept-encoding", b"gzip"))
        await _send_error(send, error.http_status, error.to_dict(), *headers)


async def _refuse_rest(receive: Receive, send: Send, error: PipelineError) -> None:
    """Answers before the body is whole, then closes: a close with unread data would take the reply with it."""
    body = error_body(error.to_dict())
    await _start(send, error.http_status, body, [(b"content-type", b"application/json"), (b"connection", b"close")])
    await send({"type": "http.response.body", "body": body, "more_body": True})
    try:
        async with asyncio.timeout(_LINGER_SECONDS):
            while (message := await receive())["type"] != "http.disconnect" and message.get("more_body"):
                pass
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b""})


async def _send_unexpected(send: Send) -> None:
    _log.exception("an invocation failed unexpectedly")
    problem = {"code": "InternalError", "message": "the endpoint failed; its log says why"}
    await _send_error(send, HTTPStatus.INTERNAL_SERVER_ERROR, problem)


async def _send_error(send: Send, status: int, problem: dict[str, Any], *headers: tuple[bytes, bytes]) -> None:
    await _send(send, status, error_body(problem), (b"content-type", b"application/json"), *headers)


async def _send(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
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


def _problem(code: str, message: str, allowed: Iterable[str]) -> dict[str, Any]:
    return {"code": code, "message": message, "expected": "one of " + ", ".join(allowed)}


def _headers(raw: Headers) -> dict[bytes, str]:
    """The headers by name; those sent several times joined, as RFC 9110 allows for lists."""
    headers: dict[bytes, str] = {}
    for name, value in raw:
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def _length(headers: Mapping[bytes, str]) -> int | None:
    declared = headers.get(b"content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else None
