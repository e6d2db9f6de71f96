"""Somebody's function: found by its name, called with a request's body, its value made a reply."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
_JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """A reply, or the `problem` that stands in its place."""

    status: int
    content_type: str = _JSON
    body: bytes = b""
    problem: Mapping[str, str] | None = None


class Function:
    """`module:function`, called with the body as JSON says it, or as bytes; with nothing where it takes nothing."""

    def __init__(self, reference: str, *, parses: bool) -> None:
        module, _, name = reference.partition(":")
        function = getattr(importlib.import_module(module), name, None)
        if not callable(function):
            raise AttributeError(f"module {module} has no function {name}")
        self._function: Callable[..., Any] = function
        self._reference, self._parses = reference, parses
        self._takes_body = _takes_argument(function)

    def answer(self, body: bytes, inference_id: str) -> Answer:
        """The reply to one request; what the function does wrong goes to stderr, with the request's id.

        An exception that has an `http_status` of 400 to 499 is the request's mistake: its message is told.
        """
        argument: Any = body
        if self._parses:
            try:
                argument = orjson.loads(body) if body.strip() else None
            except orjson.JSONDecodeError as error:
                return _refused(HTTPStatus.BAD_REQUEST, f"the body is not JSON: {error}")
        try:
            value = self._function(argument) if self._takes_body else self._function()
            return _reply(value)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - anything may happen in there
            status = _mistake(error, body)
            if status is not None:
                return _refused(status, str(error))
            print(f"{self._reference} failed, inference id {inference_id}", file=sys.stderr)
            traceback.print_exc()
            sys.stderr.flush()
            problem = {"code": "FunctionFailed", "message": "the function failed; the service's log says why"}
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, problem=problem)


def _reply(value: Any) -> Answer:
    if isinstance(value, bytes):
        return Answer(HTTPStatus.OK, "application/octet-stream", value)
    if isinstance(value, str):
        return Answer(HTTPStatus.OK, "text/plain; charset=utf-8", value.encode())
    return Answer(HTTPStatus.OK, _JSON, orjson.dumps(value, option=_OPTIONS))


def _refused(status: int, message: str) -> Answer:
    return Answer(status, problem={"code": "BadRequest", "message": message})


def _mistake(error: BaseException, body: bytes) -> int | None:
    """The status that an exception says of the request; None where it is the function's own."""
    if isinstance(error, json.JSONDecodeError) and error.doc == body.decode("utf-8", "replace"):
        return HTTPStatus.BAD_REQUEST
    status = getattr(error, "http_status", None)
    is_mistake = isinstance(status, int) and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return status if is_mistake else None


def _takes_argument(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind(None)
    except (TypeError, ValueError) as error:
        return isinstance(error, ValueError)
    return True
