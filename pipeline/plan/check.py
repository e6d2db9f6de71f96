"""A request held against AWS's own limits before it is sent; a mistake is told by the key that it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.aws.constraints import Problem, request_problems
from pipeline.errors import ConfigError
from pipeline.plan.steps import Step


def check(step: Step) -> Step:
    """The step, if AWS would take its request; else a ConfigError with a line for each problem."""
    found = request_problems(step.operation, step.request, step.service)
    if found:
        raise ConfigError("\n".join(dict.fromkeys(_told(problem, step) for problem in found)))
    if step.instead is not None:
        check(step.instead)
    return step


def _told(problem: Problem, step: Step) -> str:
    key = _key(problem.path, step.keys)
    return f"{key}: {problem}" if key else f"{step.operation}: {problem}"


def _key(path: tuple[str | int, ...], keys: Mapping[str, str]) -> str | None:
    """The key of the nearest part of the request that has one."""
    names = [part for part in path if isinstance(part, str)]
    return next(
        (keys[".".join(names[:end])] for end in range(len(names), 0, -1) if ".".join(names[:end]) in keys), None
    )
