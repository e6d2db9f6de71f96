"""The command line as a child process, started as its console script starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = "import sys\nsys.argv[0] = 'inference-pipeline'\n{first}\nfrom pipeline.cli.main import main\nmain()"
USAGE = "Usage: inference-pipeline"


def command(*arguments: str | Path, first: str = "") -> list[str]:
    """The child's command; `first` is Python that runs before the program."""
    return [sys.executable, "-c", PROGRAM.format(first=first), *map(str, arguments)]


def environment(**variables: str) -> dict[str, str]:
    """This process's variables without what colours or widens a terminal's text."""
    plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    return {**plain, "TERM": "dumb", **variables}


def run(*arguments: str | Path, first: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """The child's status and what it said."""
    return subprocess.run(
        command(*arguments, first=first),
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def failure(done: subprocess.CompletedProcess[str]) -> str:
    """What a command that failed on purpose said: nothing on stdout, no traceback, status 1."""
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr
