"""The programs of a job: run together, every line kept, their end certain."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from pipeline.errors import PipelineError
from pipeline.local.jobs.job import Job, JobFailure
from pipeline.local.jobs.kinds import JOB_KINDS
from pipeline.local.jobs.leftovers import remember

_PATIENCE = 3.0  # seconds between SIGTERM and SIGKILL where another program has failed; see JobKind for a stop
_LAST_LINES = 60
# A program starts when it has been written down, and not at all where the service is killed before.
_GATE = 'read -r _ && exec "$@" </dev/null'
_GLANCE = 0.05  # seconds between two looks at the children


@dataclass(frozen=True)
class Child:
    """One program: `instance` counts from 1 and names the log stream; `environment` is its whole environment.

    `on_line` is told every line, too. `name` is what a failure calls it, "instance algo-N" by default.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    cwd: Path
    instance: int = 1
    on_line: Callable[[str], None] | None = None
    name: str = ""


class ProcessFailure(JobFailure):
    """A child that did not end with status 0; `lines` are the last it said, `was_killed` says that a signal did it."""

    def __init__(self, name: str, exit_code: int, lines: Sequence[str]) -> None:
        self.was_killed = exit_code < 0
        ended = f"ended with exit code {exit_code}"
        if self.was_killed:
            ended = f"was killed by {signal.Signals(-exit_code).name}"
        said = "\n".join(list(lines)[-20:]) or "it said nothing"
        hint = "the system kills what takes too much memory" if exit_code == -signal.SIGKILL else None
        super().__init__(f"AlgorithmError: {name} {ended}: {said}", hint=hint)
        self.exit_code = exit_code
        self.lines = list(lines)


def run_processes(commands: Sequence[Child], job: Job) -> None:
    """Runs several programs to their end, each line to `job.log`.

    All are ended, with what they started, as soon as one fails or `job.stopping` is set. Raises ProcessFailure for
    the first that failed, JobFailure where the job was stopped.
    """
    with Group(job) as group:
        for child in commands:
            group.start(child)
        group.wait()


@dataclass
class _Running:
    child: Child
    process: subprocess.Popen[bytes]
    last: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    readers: list[threading.Thread] = field(default_factory=list)

    def join_readers(self) -> None:
        for reader in self.readers:
            reader.join(timeout=1)


class Group:
    """Programs that live and die together, as a context: leaving it ends whatever still runs.

    For jobs in which some programs serve others, as a Spark cluster does; otherwise see run_processes.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._running: list[_Running] = []

    def __enter__(self) -> Group:
        return self

    def __exit__(self, *_: object) -> None:
        patience = JOB_KINDS[self._job.kind].patience if self._job.stopping.is_set() else _PATIENCE
        _end([running.process for running in self._running], patience)
        for running in self._running:
            running.join_readers()

    def start(self, child: Child) -> subprocess.Popen[bytes]:
        """Starts a program; raises JobFailure if it is not there."""
        program = child.command[0]
        if shutil.which(program, path=child.environment.get("PATH")) is None:
            raise JobFailure(f"InternalServerError: {program} does not start: it is not there")
        try:
            process = subprocess.Popen(
                ["/bin/sh", "-c", _GATE, "sh", *child.command],
                env=dict(child.environment),
                cwd=child.cwd,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if self._job.log_error is None else subprocess.PIPE,
                # A group of its own, so that all it starts can be ended with it.
                start_new_session=True,
            )
        except OSError as error:
            raise JobFailure(f"InternalServerError: {program} does not start: {error}") from error
        assert process.stdin is not None  # noqa: S101 - asked for above
        with process.stdin as gate:
            remember(self._job.folder.with_name("processes"), process.pid)
            with contextlib.suppress(BrokenPipeError):
                gate.write(b"open\n")
                gate.flush()
        running = _Running(child, process)
        self._running.append(running)
        for output, log in ((process.stdout, self._job.log), (process.stderr, self._job.log_error)):
            if output is not None and log is not None:
                reader = threading.Thread(target=self._read, args=(running, output, log), daemon=True)
                reader.start()
                running.readers.append(reader)
        return process

    def wait(self, processes: Iterable[subprocess.Popen[bytes]] | None = None) -> None:
        """Waits until these, or all, have ended with status 0; raises as run_processes does."""
        awaited = list(processes) if processes is not None else [running.process for running in self._running]
        while any(process.poll() is None for process in awaited):
            self.check()
            self._job.stopping.wait(_GLANCE)
        self.check()

    def check(self) -> None:
        """Raises if the job is to stop, or a program has failed."""
        if self._job.stopping.is_set():
            raise JobFailure("the job was stopped")
        failed = [running for running in self._running if running.process.poll() not in {None, 0}]
        if not failed:
            return
        # One that was killed may have others fail that needed it.
        running = min(failed, key=lambda running: running.process.returncode >= 0)
        # What it said last may still be on its way.
        running.join_readers()
        name = running.child.name or f"instance algo-{running.child.instance}"
        raise ProcessFailure(name, running.process.returncode, running.last)

    def _read(self, running: _Running, output: IO[bytes], log: Callable[[int, str], None]) -> None:
        with output:
            for line in output:
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                running.last.append(text)
                # A full disk, say: the program must not wait for ever for somebody to read what it says.
                with contextlib.suppress(OSError, PipelineError):
                    log(running.child.instance, text)
                    if running.child.on_line is not None:
                        running.child.on_line(text)


def _end(processes: Sequence[subprocess.Popen[bytes]], patience: float) -> None:
    """Ends process groups: politely, then surely; also what a program that ended well left behind."""
    for process in processes:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + patience
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
    for process in processes:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
