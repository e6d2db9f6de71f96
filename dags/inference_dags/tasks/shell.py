"""Tasks as processes of Airflow's worker."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator

from inference_dags.volumes import with_kept_volumes
from pipeline.config.tasks import Task, TaskFile
from pipeline.tasks.commands import Command, commands_of, folders_of, names_of


def shells(file: TaskFile, task: Task, more: dict[str, Any]) -> list[Any]:
    """One operator for each instance; `more` is for all of them."""
    file = with_kept_volumes(file)
    folders = list(folders_of(file, task.mounts).values())
    return [
        BashOperator(
            task_id=name,
            bash_command=_script(command, folders),
            cwd=str(command.folder),
            append_env=True,
            doc=task.description or None,
            **more,
        )
        for name, command in zip(names_of(task), commands_of(file, task), strict=True)
    ]


def verbatim(text: str) -> str:
    """A text that Airflow's templates leave as it is."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)


def _script(command: Command, folders: list[str]) -> str:
    variables = {"PYTHONUNBUFFERED": "1", **command.env}
    lines = [f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines += [f"mkdir -p {shlex.join(folders)}"] if folders else []
    # Without the space at the end, one that ends as the name of a script does would be taken for a file.
    return verbatim("\n".join([*lines, f"exec /bin/sh -c {shlex.quote(command.cmd)} "]))
