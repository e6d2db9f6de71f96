"""What a host's process does."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from pipeline.training import __main__ as program
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.hosts import address

PORT = "TEST_PORT"
DIE = "TEST_DIE_AFTER_CHECKPOINTS"


def run(base: Path, environment: dict[str, str], out: Path, err: Path) -> None:
    """Runs the program to its end, in this process; an environment value of no characters takes the variable away."""
    for name, value in environment.items():
        os.environ[name] = value
        if not value:
            del os.environ[name]
    address.PORT = int(os.environ.get(PORT, address.PORT))
    if DIE in os.environ:
        _die_after(int(os.environ[DIE]))
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
    program.leave(program.main(["--base-dir", str(base)]))


def _die_after(checkpoints: int) -> None:
    """The host dies as by kill -9 once it has written so many checkpoints."""
    save, written = Checkpoints.save, []

    def save_and_die(self: Checkpoints, *arguments: Any) -> None:
        save(self, *arguments)
        written.append(arguments)
        if len(written) == checkpoints:
            os.kill(os.getpid(), signal.SIGKILL)

    Checkpoints.save = save_and_die  # type: ignore[method-assign]
