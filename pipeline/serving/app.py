"""The endpoint as an ASGI application: SageMaker's three routes, and errors as JSON."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol

import orjson

from pipeline.errors import BusyError, PayloadTooLargeError, PipelineError
from pipeline.serving.admission import Bound
from pipeline.serving.asgi import (
    Headers,
    Send,
    declared_length,
    headers_by_name,
    problem_of,
    refuse_rest,
    send_error,
    send_reply,
)
from pipeline.serving.body import ClientGoneError, Receive, read_body
from pipeline.serving.known_heads import Direct
from pipeline.serving.replies import Reply
from pipeline.serving.settings import Settings

# Smaller bodies are scored in less time than a thread takes to start.
INLINE_BYTES = 64 << 10

# What one worker takes on at once, beside what it answers at once: requests under way, bytes that wait for a thread.
_REQUESTS, _BYTES = 256, 48 << 20

_ALLOWED = {
    "/ping": ("GET", "HEAD"),
    "/execution-parameters": ("GET", "HEAD"),
    "/invocations": ("POST",),
}

_LATER = (b"retry-after", b"1")
_NO_BODY = b"content-length: 0\r\n\r\n"

_log = logging.getLogger(__name__)


class Invoked(Protocol):
    """What answers a request's body, content type, accept and content encoding; raises PipelineError."""

    def invoke(self, body: bytes, content_type: str, accept: str = "", encoding: str = "") -> Reply: ...


class App:
    """`GET /ping`, `GET /execution-parameters` and `POST /invocations` for one endpoint."""

    def __init__(self, endpoint: Invoked, settings: Settings) -> None:
        self._endpoint = endpoint
        self._limit = settings.max_payload
        self._requests = Bound(_REQUESTS, "requests at once")
        self._bytes = Bound(max(_BYTES, 2 * self._limit), "bytes of bodies to be scored")
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
            await send_error(send, HTTPStatus.NOT_FOUND, problem_of("NotFound", f"there is no {path[:80]}", _ALLOWED))
        elif scope["method"] not in allowed:
            problem = problem_of("MethodNotAllowed", f"{path} takes no {scope['method']}", allowed)
            await send_error(send, HTTPStatus.METHOD_NOT_ALLOWED, problem, (b"allow", ", ".join(allowed).encode()))
        elif path == "/invocations":
            await self._invocations(headers_by_name(scope["headers"]), receive, send)
        elif path == "/ping":
            await send_reply(send, HTTPStatus.OK, b"")
        else:
            await send_reply(send, HTTPStatus.OK, self._parameters, (b"content-type", b"application/json"))

    def directs(self, method: str, target: bytes, headers: Mapping[bytes, str]) -> Direct | None:
        """What answers requests under this head at once, see known_heads: small invocations that succeed, and pings."""
        if (method, target) == ("GET", b"/ping"):
            return lambda body: None if body else _NO_BODY
        if (method, target) != ("POST", b"/invocations") or b"content-encoding" in headers:
            return None
        content_type, accept = headers.get(b"content-type", ""), headers.get(b"accept", "")
        return lambda body: self._invoked(body, content_type, accept)

    def _invoked(self, body: bytes, content_type: str, accept: str) -> bytes | None:
        if len(body) > self._limit:
            return None
        try:
            reply = self._endpoint.invoke(body, content_type, accept)
        except Exception:  # noqa: BLE001 - the usual way meets it again, and has words for it
            return None
        return b"content-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (reply.content_type, len(reply.body), reply.body)

    async def _invocations(self, headers: Mapping[bytes, str], receive: Receive, send: Send) -> None:
        try:
            with self._requests.holding(1):
                await self._answer(headers, receive, send)
        except BusyError as error:
            await refuse_rest(receive, send, error, _LATER)

    async def _answer(self, headers: Mapping[bytes, str], receive: Receive, send: Send) -> None:
        try:
            body = await read_body(receive, declared_length(headers), self._limit)
            reply = await self._reply(body, headers)
        except ClientGoneError:
            return
        except PayloadTooLargeError as error:
            await refuse_rest(receive, send, error)
        except BusyError as error:
            await send_error(send, error.http_status, error.to_dict(), _LATER)
        except PipelineError as error:
            await self._refuse(send, error)
        except Exception:  # noqa: BLE001 - whatever it is, the client learns no more than that it was ours
            await _send_unexpected(send)
        else:
            await send_reply(send, HTTPStatus.OK, reply.body, (b"content-type", reply.content_type))

    async def _reply(self, body: bytes, headers: Mapping[bytes, str]) -> Reply:
        encoding = headers.get(b"content-encoding", "")
        arguments = (body, headers.get(b"content-type", ""), headers.get(b"accept", ""), encoding)
        if len(body) <= INLINE_BYTES and not encoding:
            return self._endpoint.invoke(*arguments)
        with self._bytes.holding(len(body)):
            return await asyncio.to_thread(self._endpoint.invoke, *arguments)

    async def _refuse(self, send: Send, error: PipelineError) -> None:
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            await _send_unexpected(send)
            return
        headers: Headers = []
        if error.http_status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
            headers.append((b"accept-encoding", b"gzip"))
        await send_error(send, error.http_status, error.to_dict(), *headers)


async def _send_unexpected(send: Send) -> None:
    _log.exception("an invocation failed unexpectedly")
    problem = {"code": "InternalError", "message": "the endpoint failed; its log says why"}
    await send_error(send, HTTPStatus.INTERNAL_SERVER_ERROR, problem)
