"""One container's process: started, asked whether it is healthy, started again when it dies or hangs, stopped."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from pipeline.local.endpoints import ping
from pipeline.local.endpoints.container import Container
from pipeline.local.errors import JobFailure

_ANNOUNCED = re.compile(r"serving .* on http://127\.0\.0\.1:(\d+)")
# What a container says last, for its FailureReason.
_LAST_LINES = 20
# Between a death and the next start: at once, then slower and slower.
_PAUSES = (0.0, 0.2, 1.0, 5.0)
_LIVED = 30.0
# SIGTERM to SIGKILL; nothing is being answered any more.
_PATIENCE = 5.0


class ServingProcess:
    """`python -m pipeline.serving` for one container, kept alive by a thread until `stop`.

    `port` is where it answers on 127.0.0.1, None while it does not. It ends by itself when this process does, however
    that ends: its standard input is a pipe from here.
    """

    def __init__(self, container: Container, base: Mapping[str, str], log: Callable[[str], None]) -> None:
        self.container = container
        self.port: int | None = None
        self.pid: int | None = None
        self._environment = _environment(base, container.environment)
        self._log = log
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._live, name=f"container {container.hostname}", daemon=True)

    def start(self) -> None:
        """Begins; see wait."""
        self._thread.start()

    def wait(self, deadline: float, cancelled: threading.Event) -> None:
        """Waits until /ping says 200; JobFailure where the process ends before, or `time.monotonic()` is past."""
        while not self._settled.wait(0.02):
            if cancelled.is_set():
                raise JobFailure("it was given up before it was in service")
            if time.monotonic() > deadline:
                raise self._unhealthy("it did not answer /ping in time")
        if self.port is None:
            raise self._unhealthy("it ended")

    def stop(self) -> None:
        """Ends the process, politely first."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            _signal(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
            _signal(process, signal.SIGKILL)
        if self._thread.ident is not None:
            self._thread.join()

    def _live(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                status = f"status {self._run()}"
            except OSError as error:
                status = f"error: {error}"
                self._last.append(status)
            if not self._settled.is_set() or self._stopping.is_set():
                break
            deaths = 1 if time.monotonic() - started > _LIVED else deaths + 1
            self._log(f"the container ended with {status}; it is started again")
            self._stopping.wait(_PAUSES[min(deaths, len(_PAUSES)) - 1])
        self._settled.set()

    def _run(self) -> int:
        """One life of the process."""
        command = [sys.executable, "-m", "pipeline.serving", str(self.container.model)]
        with self._lock:
            if self._stopping.is_set():
                return 0
            process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", "0", "--stop-with-stdin"],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A group of its own: its workers end with it, and a terminal's interrupt does not reach it.
                start_new_session=True,
            )
            self._process, self.pid = process, process.pid
        with process:
            ports: queue.SimpleQueue[int | None] = queue.SimpleQueue()
            reader = threading.Thread(target=self._read, args=(process.stdout, ports), daemon=True)
            reader.start()
            self._watch(ports)
            self.port = None
            # It may hang, and what it started may have outlived it.
            _signal(process, signal.SIGKILL)
            reader.join()
            return process.wait()

    def _read(self, lines: Iterable[bytes], ports: queue.SimpleQueue[int | None]) -> None:
        """Logs what the process says; tells the port that it announces, and with None its end."""
        for raw in lines:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            self._last.append(line)
            self._log(line)
            if announced := _ANNOUNCED.fullmatch(line):
                ports.put(int(announced[1]))
        ports.put(None)

    def _watch(self, ports: queue.SimpleQueue[int | None]) -> None:
        """Pings the process until it ends, or hangs; how long its first start may take is up to who waits for it."""
        port, missed = ports.get(), 0
        while port is not None:
            if ping.is_healthy(port):
                self.port, missed = port, 0
                self._settled.set()
            elif self._settled.is_set():
                missed += 1
            if missed == ping.MISSES:
                self._log(f"the container did not answer /ping {missed} times in a row")
                return
            with contextlib.suppress(queue.Empty):
                port = ports.get(timeout=ping.SERVING if self._settled.is_set() else ping.STARTING)

    def _unhealthy(self, problem: str) -> JobFailure:
        errors = [line for line in self._last if line.startswith("error: ")]
        said = (errors or list(self._last)[-3:] or ["it said nothing"])[-1].removeprefix("error: ")
        said = said.replace(str(self.container.model), self.container.source)
        return JobFailure(
            f"The {self.container.hostname} container did not pass the ping health check: {problem}: {said}"
        )


def _environment(base: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The process's variables: this machine's without what is meant for other containers, and the container's own."""
    inherited = {name: value for name, value in base.items() if not name.startswith(("SAGEMAKER_", "SM_"))}
    return {**inherited, **own}


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
