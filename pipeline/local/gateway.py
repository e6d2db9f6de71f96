"""The one port: who may come in, and where each request goes."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from pipeline.errors import PipelineError
from pipeline.local.errors import InternalFailure, UnknownOperationException
from pipeline.local.pages.request import PageRequest, page_request
from pipeline.local.wire import Reply, read_request, scope_of, write_error, write_reply

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# Service, operation, members, region -> the reply's members.
Api = Callable[[str, str, dict[str, Any], str], dict[str, Any]]


class HttpReply(Protocol):
    """What is sent back."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


# Endpoint name, body, headers -> reply.
Invoke = Callable[[str, bytes, dict[str, str]], Awaitable[HttpReply]]

Pages = Callable[[PageRequest], Awaitable[HttpReply]]

# The first part of a request's target, and the service that it is for.
_SERVICES = {"SageMaker": "sagemaker", "AWSGlue": "glue"}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")
# What the runtime has besides, by the last part of the path.
_NOT_SERVED = {
    "async-invocations": "InvokeEndpointAsync",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
}
_OTHER_INVOCATION = re.compile(rf"/endpoints/[^/]+/({'|'.join(_NOT_SERVED)})")
_REGION = "us-east-1"
# SageMaker's own limits: a request of the API, and a real-time invocation (6 MiB in the service model; 25 MB since).
_API_BYTES = 4 << 20
_INVOCATION_BYTES = 25 << 20

_log = logging.getLogger(__name__)


class Gateway:
    """The ASGI application of the service.

    A browser page from elsewhere gets nothing: a request whose Host is not this machine's own name, or whose Origin
    is another one, is refused. `SageMaker.*` and `AWSGlue.*` go to the API, `/endpoints/...` to the runtime, `/-/...`
    and a browser's `/` to `pages`, all else to `cloud`.
    """

    def __init__(self, api: Api, invoke: Invoke, pages: Pages, cloud: AsgiApp) -> None:
        self._api, self._invoke, self._pages, self._cloud = api, invoke, pages, cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = _refusal(headers)
        if refusal is not None:
            await _send(send, Reply(HTTPStatus.FORBIDDEN, refusal.encode(), {"Content-Type": "text/plain"}))
        elif service := _SERVICES.get(headers.get("x-amz-target", "").partition(".")[0]):
            await _send(send, await self._call(service, headers, receive))
        elif found := _INVOCATION.fullmatch(scope["path"]):
            await _send(send, await self._call_endpoint(unquote(found[1]), headers, receive))
        elif found := _OTHER_INVOCATION.fullmatch(scope["path"]):
            await _send(send, write_error(UnknownOperationException.of(_NOT_SERVED[found[1]], "sagemaker-runtime")))
        elif page := page_request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers):
            await _send(send, await self._show(page, receive))
        else:
            await self._cloud(_path_style(scope, headers.get("host", "")), receive, send)

    async def _call(self, service: str, headers: dict[str, str], receive: Receive) -> Reply:
        operation = headers["x-amz-target"].partition(".")[2]
        region, _ = scope_of(headers.get("authorization", "")) or (_REGION, "")
        body = await _body(receive, _API_BYTES)
        if body is None:
            return Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")

        def work() -> Reply:
            return write_reply(self._api(service, operation, read_request(body), region))

        return await asyncio.to_thread(_answer, work, operation)

    async def _call_endpoint(self, name: str, headers: dict[str, str], receive: Receive) -> HttpReply:
        body = await _body(receive, _INVOCATION_BYTES)
        if body is None:
            return Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
        try:
            return await self._invoke(name, body, headers)
        except Exception as error:  # noqa: BLE001 - one request's defect must not end the service
            _log.exception("invocation of %s failed", name)
            return write_error(InternalFailure(f"{type(error).__name__}: {error}"))

    async def _show(self, request: PageRequest, receive: Receive) -> HttpReply:
        body = await _body(receive, _API_BYTES)
        if body is None:
            return Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"")
        return await self._pages(replace(request, body=body))


def _answer(work: Callable[[], Reply], what: str) -> Reply:
    try:
        return work()
    except PipelineError as error:
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _log.error("%s: %s", what, error)
        return write_error(error)
    except Exception as error:  # noqa: BLE001 - one request's defect must not end the service
        _log.exception("%s failed", what)
        return write_error(InternalFailure(f"{what}: {type(error).__name__}: {error}"))


def _refusal(headers: dict[str, str]) -> str | None:
    """Why a request may not come in: DNS rebinding and pages of other sites are kept out."""
    host = headers.get("host", "")
    if not _is_local(f"//{host}"):
        return f"Host {host!r} is not this machine's"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return f"Origin {origin!r} is not this service"
    return None


def _is_local(url: str) -> bool:
    try:
        name = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return name in _LOOPBACK or name.endswith(".localhost")


def _path_style(scope: Scope, host: str) -> Scope:
    """A bucket in the host's name, `bucket.localhost`, becomes the path's first part."""
    name, _, _ = host.partition(".localhost")
    if name == host:
        return scope
    prefix = f"/{name}"
    raw = prefix.encode() + scope.get("raw_path", scope["path"].encode())
    return {**scope, "path": prefix + scope["path"], "raw_path": raw}


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None where it is above the limit."""
    parts, size = [], 0
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _send(send: Send, reply: HttpReply) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": int(reply.status), "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
