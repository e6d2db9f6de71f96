"""Processes that outlive a service which was killed: written down when they start, ended when it comes back."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path


def remember(record: Path, process: int) -> None:
    """Adds the leader of a process group to a record, with its start so that its number may be given again."""
    with record.open("a", encoding="utf-8") as lines:
        lines.write(f"{process} {_start(process)}\n")


def end_remembered(record: Path) -> None:
    """Kills the groups of a record that still are what they were, and removes the record."""
    if not record.exists():
        return
    for line in record.read_text(encoding="utf-8").splitlines():
        number, _, start = line.partition(" ")
        # A line that was being written when the power went holds no start.
        if start and _start(int(number)) == start:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(int(number), signal.SIGKILL)
    record.unlink()


def _start(process: int) -> str:
    """When a process started, in its system's own words; empty where it is gone."""
    stat = Path(f"/proc/{process}/stat")
    try:
        if Path("/proc/self/stat").exists():
            # The program's name, in parentheses, may hold spaces; the start is the 22nd field.
            return stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
        answer = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(process)], capture_output=True, text=True, check=False
        )
        return answer.stdout.strip()
    except (OSError, IndexError):
        return ""
