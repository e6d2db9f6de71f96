"""What is known of services that run: a lock that each holds while it lives, where it listens, and its log."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

_LAST_LINES = 20


@dataclass(frozen=True)
class Running:
    """A service that answers; `made_of` tells whether it is still what its file says."""

    pid: int
    url: str
    made_of: str


def state_folder(file: Path) -> Path:
    """The folder of a file's services: below XDG_STATE_HOME, one for each file wherever it is called from."""
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    path = str(file.absolute())
    name = f"{file.absolute().parent.name}-{file.stem}-{hashlib.sha256(path.encode()).hexdigest()[:10]}"
    return home / "inference-pipeline" / "services" / name


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """One `up` or `down` at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


class ServiceState:
    """The files of one service."""

    def __init__(self, folder: Path, service: str) -> None:
        self.service = service
        self.log = folder / f"{service}.log"
        self._lock = folder / f"{service}.pid"
        self._running = folder / f"{service}.json"

    @classmethod
    def all_in(cls, folder: Path) -> list[ServiceState]:
        """Those that were ever started."""
        return [cls(folder, file.stem) for file in sorted(folder.glob("*.pid"))]

    def hold(self) -> TextIO | None:
        """Takes the lock for this process, until it ends; None where another has it."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        stream = self._lock.open("a+")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.close()
            return None
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        return stream

    def pid(self) -> int | None:
        """The process that holds the lock; None where there is none."""
        with contextlib.suppress(FileNotFoundError), self._lock.open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = stream.read()
                return int(text) if text else None
        return None

    def running(self) -> Running | None:
        """The service, where it lives and listens."""
        noted = self.noted()
        return noted if noted is not None and noted.pid == self.pid() else None

    def noted(self) -> Running | None:
        """What was noted last, whether it lives or not."""
        try:
            return Running(**json.loads(self._running.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def note(self, running: Running) -> None:
        """Said by the service itself, once it listens."""
        new = self._running.with_suffix(".new")
        new.write_text(json.dumps(asdict(running)), encoding="utf-8")
        new.replace(self._running)

    def forget(self) -> None:
        """It was stopped on purpose."""
        self._running.unlink(missing_ok=True)

    def last_lines(self) -> str:
        """The end of its log, for people."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        except FileNotFoundError:
            lines = []
        return "\n".join(f"  | {line}" for line in lines) or "  | (it said nothing)"
