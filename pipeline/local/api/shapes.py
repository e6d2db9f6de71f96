"""The service model's word on requests and replies, as the API uses it."""

from __future__ import annotations

from functools import cache
from typing import Any

from pipeline.aws.constraints import message, reply_problems, request_problems
from pipeline.aws.service_model import operation
from pipeline.local.errors import InternalFailure, ValidationException


def check_request(name: str, request: dict[str, Any], service: str = "sagemaker") -> None:
    """Raises ValidationException that tells every constraint which a request breaks."""
    problems = request_problems(name, request, service)
    if problems:
        raise ValidationException(message(problems))


def check_reply(name: str, reply: dict[str, Any], service: str = "sagemaker") -> None:
    """Raises InternalFailure where a reply is not what clients are promised."""
    problems = reply_problems(name, reply, service)
    if problems:
        raise InternalFailure(f"the reply to {name} breaks the service model: {message(problems)}")


@cache
def reply_members(name: str, list_member: str | None = None) -> frozenset[str]:
    """The members of an operation's reply, or of the entries of a list in it."""
    shape = operation(name).output_shape
    if list_member is not None:
        shape = shape.members[list_member].member
    return frozenset(shape.members)


@cache
def result_members(resource: str) -> frozenset[str]:
    """The members of a resource as Search returns it."""
    results = operation("Search").output_shape.members["Results"]
    return frozenset(results.member.members[resource].members)
