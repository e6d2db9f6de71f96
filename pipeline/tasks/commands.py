"""A task as what a process of this machine needs: command, folder, variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.section import text
from pipeline.config.tasks import Mounts, Task, TaskFile
from pipeline.tasks.mounts import moved

# Which of a task's instances a process is, and how many there are.
INSTANCE, INSTANCES = "TASK_INSTANCE", "TASK_INSTANCES"


@dataclass(frozen=True)
class Command:
    """One process: `cmd` is for /bin/sh, `env` beside what the process has anyhow."""

    cmd: str
    folder: Path
    env: Mapping[str, str]


def commands_of(file: TaskFile, task: Task) -> tuple[Command, ...]:
    """The processes of a task, one for each of its instances."""
    cmd, env = moved(task.cmd, folders_of(file, task.mounts)), env_of(file, task)
    return tuple(
        Command(cmd, Path(file.images[task.image].source), {**env, **numbered(number, task.instances)})
        for number in range(task.instances)
    )


def names_of(task: Task) -> list[str]:
    """The names of a task's instances."""
    return [task.name] if task.instances == 1 else [f"{task.name}-{at}" for at in range(task.instances)]


def env_of(file: TaskFile, task: Task) -> dict[str, str]:
    """A task's own variables, with this machine's folders for volumes."""
    folders = folders_of(file, task.mounts)
    return {name: moved(text(value), folders) for name, value in task.env.items()}


def folders_of(file: TaskFile, mounts: Mounts) -> dict[str, str]:
    """The folders that stand for mounted paths on this machine."""
    return {path: file.volumes[volume].folder for volume, path in mounts.items()}


def numbered(number: int, count: int) -> dict[str, str]:
    """The variables that tell a task's instances apart."""
    return {INSTANCE: str(number), INSTANCES: str(count)}


def environment() -> dict[str, str]:
    """This process's variables; `python`, and the programs beside it, are those of this environment."""
    own = Path(sys.executable).parent
    path = os.pathsep.join(filter(None, [str(own), os.environ.get("PATH")]))
    # What a program says is read as soon as it says it.
    return {**os.environ, "PATH": path, "PYTHONUNBUFFERED": "1"}
