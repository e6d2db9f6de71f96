"""The variables of a service's functions."""

from __future__ import annotations

from pipeline.config.section import text
from pipeline.config.tasks import Service, TaskFile
from pipeline.tasks.commands import environment, folders_of
from pipeline.tasks.mounts import moved


def surroundings(file: TaskFile, service: Service) -> dict[str, str]:
    """What they have beside this process's own; `python` is this environment's."""
    folders = folders_of(file, service.mounts)
    return {"PATH": environment()["PATH"], **{name: moved(text(value), folders) for name, value in service.env.items()}}
