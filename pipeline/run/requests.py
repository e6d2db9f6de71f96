"""The plan's requests, sent from a step of the run and followed to their end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pipeline.errors import StepError
from pipeline.plan.steps import Plan, Step
from pipeline.run.failure import explained
from pipeline.run.state import Run
from pipeline.sending.clients import failing_as
from pipeline.sending.follow import describe
from pipeline.sending.log_lines import LogLines
from pipeline.sending.send import Sent, follow_step, send_step

_REMEMBERED = 1000

OnLine = Callable[[str], None]


def send(
    run: Run, request: Step, step: str, *, log: Path | None = None, on_line: OnLine | None = None
) -> dict[str, Any]:
    """Sends a request of the plan for a step of the run; returns the last description of what it made.

    `log` gets the job's lines as they come, `on_line` too. Raises StepError with what the job's program said.
    """
    last = deque[str](maxlen=_REMEMBERED)
    with failing_as(step), log.open("w", encoding="utf-8") if log is not None else nullcontext() as record:

        def hear(_: str, line: str) -> None:
            last.append(line)
            if record is not None:
                record.write(line + "\n")
                record.flush()
            if on_line is not None:
                on_line(line)

        sent = send_step(request, run.config, run.clients, _ignore)
        try:
            return follow_step(sent, run.clients, _ignore, hear)
        except StepError as error:
            raise explained(step, error, _reason(run, sent), list(last)) from error


def step_of(plan: Plan, name: str) -> Step:
    """The plan's request of that name, which every run has."""
    step = plan.step(name)
    assert step is not None, name  # noqa: S101 - see place.py
    return step


def log_lines(run: Run, request: Step) -> list[str]:
    """All that a request's work has said until now."""
    assert request.wait is not None  # noqa: S101 - asked for jobs and endpoints alone
    assert request.wait.logs is not None  # noqa: S101 - as above
    return list(LogLines(run.clients.logs, request.wait.logs).new())


def _ignore(state: str) -> None:
    """A step of the run tells of its progress itself."""


def _reason(run: Run, sent: Sent) -> str | None:
    """Why the work has failed, by the service's own word."""
    wait = sent.step.wait
    assert wait is not None  # noqa: S101 - it was waited for
    return describe(run.clients, wait, sent.reply).get(wait.reason)
