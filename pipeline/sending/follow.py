"""A request's work, followed to its end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.errors import StepError
from pipeline.plan.steps import Step, Wait
from pipeline.sending.clients import Clients, code_of
from pipeline.sending.log_lines import LogLines

# Seconds between two looks: short at first, for what is quick.
_FIRST, _MOST, _GROWTH = 0.2, 15.0, 1.3
_LOCAL_MOST = 0.5
# Throttled look-ups are tried again by the client; an odd failure of the network is borne so often.
_BORNE = 5
_SHOWN_LINES = 12

News = Callable[[str], None]


def follow(clients: Clients, step: Step, reply: Mapping[str, Any], news: News) -> dict[str, Any]:
    """Waits until the work of a request is done; returns its last description.

    `news` gets each line that the job says, and each change of its state. Raises StepError where the work fails, with
    AWS's reason, the job's last lines and the name of its log.
    """
    wait = step.wait
    if wait is None:
        return {}
    lines = LogLines(clients.logs, wait.logs) if wait.logs is not None else None
    pause, said = _FIRST, ""
    while True:
        description = _described(clients, step.name, wait, reply)
        state = str(description[wait.status])
        if state != said:
            news(state)
            said = state
        for line in lines.new() if lines is not None else ():
            news(line)
        if state in wait.succeeded:
            _check_expected(step, wait, description)
            return description
        if state in wait.failed:
            raise _failure(step, wait, description, lines)
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LOCAL_MOST if clients.local else _MOST)


def call(client: Any, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Sends an operation by SageMaker's name of it."""
    method = getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())
    reply: dict[str, Any] = method(**request)
    return reply


def _described(clients: Clients, step: str, wait: Wait, reply: Mapping[str, Any]) -> dict[str, Any]:
    from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

    request = {**wait.request, **{member: reply[source] for member, source in wait.from_reply.items()}}
    for attempt in range(_BORNE):
        try:
            return call(clients.sagemaker, wait.describe, request)
        except (EndpointConnectionError, HTTPClientError) as error:
            if attempt == _BORNE - 1:
                raise StepError(step, f"{wait.describe}: {error}") from error
        except ClientError as error:
            # What was just made may not be seen for a moment.
            if code_of(error) != "ValidationException" or attempt == _BORNE - 1:
                raise
        time.sleep(_FIRST * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _check_expected(step: Step, wait: Wait, description: Mapping[str, Any]) -> None:
    for member, value in wait.expected.items():
        if description.get(member) != value:
            reason = description.get(wait.reason) or f"{member} is {description.get(member)!r} again"
            raise StepError(step.name, f"the update was taken back: {reason}")


def _failure(step: Step, wait: Wait, description: Mapping[str, Any], lines: LogLines | None) -> StepError:
    reason = str(description.get(wait.reason) or description.get("ExitMessage") or description[wait.status])
    last = [] if lines is None else list(lines.last)[-_SHOWN_LINES:]
    text = "\n".join([f"{step.thing_name or step.operation}: {reason}", *(f"  | {line}" for line in last)])
    hint = f"its log: {wait.logs.group}, streams {wait.logs.prefix}*" if wait.logs is not None else None
    return StepError(step.name, text, hint=hint)
