"""Which function answers which operation, and what is checked before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.local.api.shapes import check_reply, check_request
from pipeline.local.context import Context
from pipeline.local.errors import UnknownOperationException

Operation = Callable[[Context, dict[str, Any]], dict[str, Any]]

_OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    """Registers the function that answers an operation: checked request in, reply out."""

    def register(function: Operation) -> Operation:
        _OPERATIONS[name] = function
        return function

    return register


def call(context: Context, name: str, request: dict[str, Any]) -> dict[str, Any]:
    """Answers a request; both are held against the service model.

    Raises UnknownOperationException, ValidationException, or what the operation itself refuses.
    """
    function = _OPERATIONS.get(name)
    if function is None:
        raise UnknownOperationException(f"The operation {name} is not served by the local SageMaker")
    check_request(name, request)
    reply = function(context, request)
    check_reply(name, reply)
    return reply
