"""Services started and stopped: processes of their own that outlive the command."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipeline import health
from pipeline.config.tasks import TaskFile
from pipeline.errors import ConfigError, PipelineError
from pipeline.services.state import Running, ServiceState, changing, state_folder
from pipeline.tasks.run import prepare

# A server drains for 25 s, and its workers have some time too.
_PATIENCE = 40.0
_GLANCE = 0.05
_ROOT = str(Path(__file__).parents[2])

Say = Callable[[str], None]


class ServiceError(PipelineError):
    """A service that does not come up, or has ended by itself; with the last lines of its log."""

    code = "ServiceError"


@dataclass(frozen=True)
class Up:
    """A service that answers; `was_up` where nothing was started."""

    service: str
    url: str
    paths: tuple[str, ...]
    log: Path
    was_up: bool


def up(file: TaskFile, path: Path, *, port: int | None = None, wait: float = 120.0, say: Say = print) -> list[Up]:
    """Starts the services of a file, and returns when all answer /healthcheck; what is up as it should be stays so.

    `port` is the first one's, the others' follow. One that is not what the file says any more is started anew.
    Raises ServiceError for each that has not come up; the others stay.
    """
    if not file.services:
        raise ConfigError(f"{path} has no services", hint="its pipelines are run by inference-pipeline run")
    prepare(file, [service.image for service in file.services.values()])
    folder = state_folder(path)
    with changing(folder):
        deadline = time.monotonic() + wait
        starting = []
        for number, name in enumerate(file.services):
            wanted = None if port is None else port + number if port else 0
            starting.append(_begin(file, path, ServiceState(folder, name), wanted, say))
        ups, problems = [], []
        for name, begun in zip(file.services, starting, strict=True):
            try:
                running = begun.process is None or _until_up(begun, deadline)
            except ServiceError as error:
                problems.append(error.message)
                continue
            assert running  # noqa: S101 - it raises otherwise
            found = begun.state.running()
            assert found is not None  # noqa: S101 - it answered just now
            endpoints = tuple(file.images[file.services[name].image].endpoints)
            ups.append(Up(name, found.url, endpoints, begun.state.log, begun.process is None))
    if problems:
        raise ServiceError("\n".join(problems))
    return ups


def down(path: Path) -> list[str]:
    """Stops all services of a file, the file itself may be gone; returns the names of those that ran."""
    folder = state_folder(path)
    if not folder.is_dir():
        return []
    with changing(folder):
        return [state.service for state in ServiceState.all_in(folder) if _stop(state)]


@dataclass(frozen=True)
class _Begun:
    state: ServiceState
    process: subprocess.Popen[bytes] | None


def _begin(file: TaskFile, path: Path, state: ServiceState, port: int | None, say: Say) -> _Begun:
    made_of = _made_of(file, state.service)
    running = state.running()
    if running is not None and running.made_of == made_of and _is_at(running, port) and _is_healthy(running):
        return _Begun(state, None)
    noted = state.noted()
    if noted is not None and running is None:
        say(f"{state.service} had ended by itself; its last lines:\n{state.last_lines()}")
    _stop(state)
    options = ["--state", str(state.log.parent), "--made-of", made_of]
    options += [] if port is None else ["--port", str(port)]
    python_path = os.pathsep.join(filter(None, [_ROOT, os.environ.get("PYTHONPATH")]))
    with state.log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipeline.services", str(path.absolute()), state.service, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONPATH": python_path},
            start_new_session=True,
        )
    return _Begun(state, process)


def _until_up(begun: _Begun, deadline: float) -> bool:
    process, state = begun.process, begun.state
    assert process is not None  # noqa: S101 - asked by the caller
    while True:
        running = state.running()
        if running is not None and running.pid == process.pid and _is_healthy(running):
            # It outlives this process on purpose.
            process.returncode = 0
            return True
        if process.poll() is not None:
            raise ServiceError(f"service {state.service} ended with status {process.returncode}:\n{state.last_lines()}")
        if time.monotonic() > deadline:
            raise ServiceError(f"service {state.service} does not answer; its last lines:\n{state.last_lines()}")
        time.sleep(_GLANCE)


def _stop(state: ServiceState) -> bool:
    """Ends a service and forgets it; whether it ran."""
    pid = state.pid()
    if pid is not None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + _PATIENCE
            with contextlib.suppress(ProcessLookupError):
                # What it started is in its process group.
                os.kill(pid, number) if number == signal.SIGTERM else os.killpg(pid, number)
            while state.pid() == pid and time.monotonic() < deadline:
                time.sleep(_GLANCE)
            if state.pid() != pid:
                break
    state.forget()
    return pid is not None


def _is_healthy(running: Running) -> bool:
    address = urlsplit(running.url)
    return health.is_healthy(address.hostname or "", address.port, "/healthcheck", seconds=5)


def _is_at(running: Running, port: int | None) -> bool:
    return not port or urlsplit(running.url).port == port


def _made_of(file: TaskFile, name: str) -> str:
    """What the service is started from, as a hash."""
    service = file.services[name]
    parts = {
        "service": service.model_dump(),
        "image": file.images[service.image].model_dump(),
        "folders": [file.volumes[volume].folder for volume in service.mounts],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
