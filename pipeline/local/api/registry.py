"""Which function answers which operation, and what is checked before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.local.api.limits import check_limits
from pipeline.local.api.shapes import check_reply, check_request
from pipeline.local.context import Context
from pipeline.local.errors import UnknownOperationException

Operation = Callable[[Context, dict[str, Any]], dict[str, Any]]

_OPERATIONS: dict[tuple[str, str], Operation] = {}


def operation(name: str, service: str = "sagemaker") -> Callable[[Operation], Operation]:
    """Registers the function that answers an operation of a service: checked request in, reply out."""

    def register(function: Operation) -> Operation:
        _OPERATIONS[service, name] = function
        return function

    return register


def call(context: Context, name: str, request: dict[str, Any], service: str = "sagemaker") -> dict[str, Any]:
    """Answers a request; both are held against the service model.

    Raises UnknownOperationException, ValidationException, or what the operation itself refuses.
    """
    function = _OPERATIONS.get((service, name))
    if function is None:
        raise UnknownOperationException.of(name, service)
    check_request(name, request, service)
    check_limits(request)
    reply = function(context, request)
    check_reply(name, reply, service)
    return reply
