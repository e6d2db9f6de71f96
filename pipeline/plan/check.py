"""A request held against AWS's own limits before it is sent; a mistake is told by the key that it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.aws.constraints import Problem, request_problems
from pipeline.errors import ConfigError
from pipeline.plan.steps import Deletion, Request, Step


def check(step: Step) -> Step:
    """The step, if AWS would take its request; else a ConfigError with a line for each problem."""
    _check(step.operation, step.request, step.service, step.keys)
    if step.instead is not None:
        check(step.instead)
    return step


def check_deletion(deletion: Deletion) -> Deletion:
    """The deletion, if AWS would take its request; else a ConfigError as above."""
    _check(deletion.operation, deletion.request, deletion.service, {})
    return deletion


def _check(operation: str, request: Request, service: str, keys: Mapping[str, str]) -> None:
    found = request_problems(operation, request, service)
    if found:
        raise ConfigError("\n".join(dict.fromkeys(_told(problem, operation, keys) for problem in found)))


def _told(problem: Problem, operation: str, keys: Mapping[str, str]) -> str:
    return f"{_key(problem.path, keys) or operation}: {problem}"


def _key(path: tuple[str | int, ...], keys: Mapping[str, str]) -> str | None:
    """The key of the nearest part of the request that has one."""
    names = [part for part in path if isinstance(part, str)]
    return next(
        (keys[".".join(names[:end])] for end in range(len(names), 0, -1) if ".".join(names[:end]) in keys), None
    )
