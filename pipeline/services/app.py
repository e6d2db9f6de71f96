"""A service as an ASGI application: its endpoints, GET /ping and GET /healthcheck, errors as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pipeline.errors import PayloadTooLargeError, PipelineError
from pipeline.services.pool import Pool
from pipeline.serving.asgi import (
    Send,
    declared_length,
    headers_by_name,
    inference_id,
    problem_of,
    refuse_rest,
    send_error,
    send_reply,
)
from pipeline.serving.body import ClientGoneError, Receive, decoded, read_body

# What the server answers itself; the second one only where the service has no such endpoint.
OWN = ("/ping", "/healthcheck")
_METHODS, _OWN_METHODS = ("GET", "HEAD", "POST"), ("GET", "HEAD")


class App:
    """Asks `pool` for the endpoints; a request's body has `limit` bytes at most."""

    def __init__(self, endpoints: Mapping[str, Any], pool: Pool, limit: int) -> None:
        self._endpoints, self._pool, self._limit = frozenset(endpoints), pool, limit
        self._paths = sorted({*endpoints, *OWN})

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        path = scope["path"]
        path = path.removesuffix("/") or path
        is_own = path in OWN and path not in self._endpoints
        if not is_own and path not in self._endpoints:
            problem = problem_of("NotFound", f"there is no {path[:80]}", self._paths)
            await send_error(send, HTTPStatus.NOT_FOUND, problem)
            return
        allowed = _OWN_METHODS if is_own else _METHODS
        if scope["method"] not in allowed:
            problem = problem_of("MethodNotAllowed", f"{path} takes no {scope['method']}", allowed)
            await send_error(send, HTTPStatus.METHOD_NOT_ALLOWED, problem, (b"allow", ", ".join(allowed).encode()))
        elif is_own:
            await self._health(send)
        else:
            await self._ask(path, headers_by_name(scope["headers"]), receive, send)

    async def _health(self, send: Send) -> None:
        status = HTTPStatus.OK if self._pool.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        body = b'{"status":"%s"}' % (b"ok" if status == HTTPStatus.OK else b"starting")
        await send_reply(send, status, body, (b"content-type", b"application/json"))

    async def _ask(self, path: str, headers: Mapping[bytes, str], receive: Receive, send: Send) -> None:
        # It stands in the log beside what a function did wrong.
        known_as = inference_id(headers)
        named = (b"x-inference-id", known_as.encode())
        try:
            body = await read_body(receive, declared_length(headers), self._limit)
            head, answer = await self._pool.ask(path, known_as, self._decoded(body, headers))
        except ClientGoneError:
            return
        except PayloadTooLargeError as error:
            await refuse_rest(receive, send, error)
        except PipelineError as error:
            await send_error(send, error.http_status, {**error.to_dict(), "inference_id": known_as}, named)
        else:
            if head["problem"] is not None:
                await send_error(send, head["status"], {**head["problem"], "inference_id": known_as}, named)
            else:
                await send_reply(send, head["status"], answer, (b"content-type", head["type"].encode()), named)

    def _decoded(self, body: bytes, headers: Mapping[bytes, str]) -> bytes:
        return decoded(body, headers.get(b"content-encoding", ""), self._limit)
