"""A request's work, followed to its end."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pipeline.errors import StepError
from pipeline.plan.steps import Step, Wait
from pipeline.sending.clients import Clients, code_of, is_passing
from pipeline.sending.log_lines import LogLines

# Seconds between two looks: short at first, for what is quick.
_FIRST, _MOST, _GROWTH = 0.2, 15.0, 1.3
_LOCAL_MOST = 1.0
# What was just made may not be seen for a moment: so many looks, while AWS says one of these.
_LOOKS, _UNSEEN = 5, ("ValidationException", "EntityNotFoundException")
# A look that fails has been tried again by the client. The work goes on meanwhile, so that an outage of this many
# seconds is no reason to give it up; a service of this machine that is gone for longer has ended.
_PATIENCE, _LOCAL_PATIENCE = 900.0, 20.0
# CloudWatch shows what a job has said some seconds later.
_LATE = 5.0
_SHOWN_LINES = 12
_GONE = "the work itself may go on: the same run key takes it up where it is"

News = Callable[[str], None]
# The name of a job, and a line that it said.
OnLine = Callable[[str, str], None]


def unheard(job: str, line: str) -> None:
    """For whom what jobs say is of no interest."""


def follow(
    clients: Clients, step: Step, reply: Mapping[str, Any], news: News, on_line: OnLine = unheard
) -> dict[str, Any]:
    """Waits until the work of a request is done; returns its last description.

    `news` gets each state that it comes to before its last, `on_line` each line that the job says, or each of a tuning
    job's training jobs. Raises StepError where the work fails, with AWS's reason, the job's last lines and the name of
    its log.
    """
    wait = step.wait
    if wait is None:
        return {}
    if wait.logs is not None and wait.logs.from_reply is not None:
        wait = replace(wait, logs=replace(wait.logs, prefix=str(reply[wait.logs.from_reply])))
    lines = LogLines(clients.logs, wait.logs) if wait.logs is not None else None
    pause, said = _FIRST, ""
    while True:
        description = _described(clients, step.name, wait, reply, news)
        state, is_over = str(description[wait.status]), wait.is_over(description)
        if state != said and not is_over:
            news(state)
            said = state
        if lines is not None:
            if is_over and not clients.local:
                clients.pause(_LATE)
            for stream, line in lines.by_stream():
                on_line(_job(step, stream), line)
        if state in wait.succeeded:
            _check_expected(step, wait, description)
            return description
        if state in wait.failed:
            raise _failure(step, wait, description, lines)
        clients.pause(pause)
        pause = min(pause * _GROWTH, _LOCAL_MOST if clients.local else _MOST)


def call(client: Any, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Sends an operation by AWS's name of it."""
    method = getattr(client, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())
    reply: dict[str, Any] = method(**request)
    return reply


def describe(clients: Clients, wait: Wait, reply: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS says of a request's work; `reply` is the one to the request. Raises botocore's errors."""
    request = {**wait.request, **{member: reply[source] for member, source in wait.from_reply.items()}}
    described = call(clients.of(wait.service), wait.describe, request)
    return described if wait.within is None else dict(described[wait.within])


def _job(step: Step, stream: str) -> str:
    """The job that has this stream: the request's own, or one of a tuning job's."""
    return stream.partition("/")[0] if step.thing == "HyperParameterTuningJob" else step.thing_name


def _described(clients: Clients, step: str, wait: Wait, reply: Mapping[str, Any], news: News) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    deadline = time.monotonic() + (_LOCAL_PATIENCE if clients.local else _PATIENCE)
    looks, pause = 0, _FIRST
    while True:
        try:
            return describe(clients, wait, reply)
        except (BotoCoreError, ClientError) as error:
            looks += 1
            is_unseen = code_of(error) in _UNSEEN and looks < _LOOKS
            if not is_unseen and not is_passing(error):
                raise
            if not is_unseen and time.monotonic() > deadline:
                raise StepError(step, f"{wait.describe}: {error}", hint=_GONE) from error
            if not is_unseen:
                news(f"no answer, asked again: {error}")
        time.sleep(pause)
        pause *= 2


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
