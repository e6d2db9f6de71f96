"""Processes that run together: every line read, their end certain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pipeline.tasks.commands import Command

_PATIENCE = 5.0  # seconds between SIGTERM and SIGKILL
_GLANCE = 0.02  # seconds between two looks at the processes
_LAST_LINES = 20

# Number of the process, line.
OnLine = Callable[[int, str], None]


class ProcessError(Exception):
    """A process that did not end with status 0 in its time; `number` says which, `lines` are the last it said."""

    def __init__(self, problem: str, number: int, lines: Sequence[str]) -> None:
        super().__init__(problem)
        self.problem, self.number, self.lines = problem, number, list(lines)


def run_together(
    commands: Sequence[Command], environment: Mapping[str, str], on_line: OnLine, deadline: float | None = None
) -> None:
    """Runs all to their end, which is that of the first one that fails, or `deadline` of the monotonic clock.

    What they started ends with them. Raises ProcessError.
    """
    last: list[deque[str]] = [deque(maxlen=_LAST_LINES) for _ in commands]

    def read(number: int, output: IO[bytes]) -> None:
        with output:
            for line in output:
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                last[number].append(text)
                # A full disk, say: the program must not wait for ever for somebody to read what it says.
                with contextlib.suppress(OSError):
                    on_line(number, text)

    with _started(commands, environment, read) as processes:
        while None in (statuses := [process.poll() for process in processes]):
            if any(statuses) or (deadline is not None and time.monotonic() > deadline):
                break
            time.sleep(_GLANCE)
    for number, status in enumerate(statuses):
        if status:
            raise ProcessError(_ended(status), number, last[number])
    if None in statuses:
        number = statuses.index(None)
        raise ProcessError("did not end in its time", number, last[number])


@contextmanager
def _started(
    commands: Sequence[Command], environment: Mapping[str, str], read: Callable[[int, IO[bytes]], None]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    readers = []
    try:
        for number, command in enumerate(commands):
            process = start(command.cmd, command.folder, {**environment, **command.env})
            processes.append(process)
            readers.append(threading.Thread(target=read, args=(number, process.stdout), daemon=True))
            readers[-1].start()
        yield processes
    finally:
        _end(processes)
        for reader in readers:
            reader.join(timeout=_PATIENCE)


def start(cmd: str, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A shell in a session of its own, so that all it starts can be ended with it."""
    return subprocess.Popen(
        ["/bin/sh", "-c", cmd],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Politely, then surely; also what a program that ended well left behind."""
    for process in processes:
        if process.poll() is None:
            _signal(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
    for process in processes:
        _signal(process.pid, signal.SIGKILL)
        process.wait()


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _ended(status: int) -> str:
    return f"ended with status {status}" if status > 0 else f"was killed by {signal.Signals(-status).name}"
