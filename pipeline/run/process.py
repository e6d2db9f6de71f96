"""Child processes of a run: their output kept in a log, their lines handed on, their end certain."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.errors import StepError

_RAISED = re.compile(r"[\w.]*(Error|Exception): ")

_PATIENCE = 10  # seconds that a process may take to end

OnLine = Callable[[str], None]


def run_process(
    step: str, command: Sequence[str], log: Path, *, environment: Mapping[str, str], on_line: OnLine | None = None
) -> None:
    """Runs a command to its end; raises StepError with the command's own error message if it fails.

    Whatever else interrupts it, Ctrl-C or an error of `on_line`, ends the command with all that it started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    with (
        log.open("w", encoding="utf-8") as record,
        subprocess.Popen(
            list(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            # A group of its own: an interrupt reaches it from here, in order, and not from the terminal.
            start_new_session=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            for line in process.stdout:
                record.write(line)
                lines.append(line.rstrip("\n"))
                if on_line is not None:
                    on_line(line.rstrip("\n"))
            code = process.wait()
        except BaseException:
            _end(process)
            raise
    if code != 0:
        raise _failure(step, lines, code)


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the process and all that it started: politely, then surely."""
    _signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_PATIENCE)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _failure(step: str, lines: Sequence[str], code: int) -> StepError:
    start = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].startswith("error: ")), None)
    if start is not None:
        message = lines[start].removeprefix("error: ")
        hint = lines[start + 1].strip() if len(lines) > start + 1 else ""
        return StepError(step, message, hint=hint.removeprefix("hint: ") if hint.startswith("hint: ") else None)
    if "java.lang.OutOfMemoryError" in "\n".join(lines):
        return StepError(step, "the JVM ran out of memory", hint="give it more: SPARK_DRIVER_MEMORY=4g")
    # What a Python traceback ends with says more than what a JVM says when it shuts down.
    raised = next((line for line in reversed(lines) if _RAISED.match(line)), None)
    said = raised or "\n".join(lines[-20:])
    return StepError(step, f"the program ended with status {code}: {said}", hint="this is unforeseen: please report it")
