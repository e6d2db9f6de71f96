"""The pipelines of a file, run on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from pipeline.config.tasks import Task, TaskFile, TaskPipeline
from pipeline.errors import ConfigError, RequirementError, StepError
from pipeline.run.progress import Progress
from pipeline.tasks.commands import commands_of, environment, names_of
from pipeline.tasks.packages import check_packages
from pipeline.tasks.processes import ProcessError, run_together
from pipeline.tasks.record import Record

_SHOWN_LINES = 8


def run_tasks(
    file: TaskFile, path: Path, *, only: str | None = None, output: Path | None = None, console: Console | None = None
) -> Path:
    """Runs all pipelines of a file, or the `only` one, their tasks in order; returns the folder of record and logs.

    Raises ConfigError and RequirementError before the first task, and StepError for the first one that fails: with its
    status, the last lines that it said and where the others are.
    """
    chosen = pipelines_of(file, only)
    prepare(file, [task.image for pipeline in chosen.values() for task in pipeline.tasks])
    record = Record(output or Path("runs") / file.name, name=file.name, file=str(path.absolute()))
    runner = _Runner(file, record, console or Console(stderr=True), several=len(chosen) > 1)
    try:
        for name, pipeline in chosen.items():
            runner.run(name, pipeline)
    except BaseException:
        record.end("failed")
        raise
    record.end("completed")
    return record.folder


def pipelines_of(file: TaskFile, only: str | None) -> dict[str, TaskPipeline]:
    """All pipelines of a file, or the one of that name; raises ConfigError where there is none."""
    if not file.pipelines:
        raise ConfigError(f"{file.name} has no pipelines", hint="its services are started by inference-pipeline up")
    if only is None:
        return file.pipelines
    if only not in file.pipelines:
        raise ConfigError(f"{file.name} has no pipeline {only!r}", hint=f"pipelines: {', '.join(file.pipelines)}")
    return {only: file.pipelines[only]}


def prepare(file: TaskFile, images: Sequence[str]) -> None:
    """The folders of images and volumes, and what images need; raises ConfigError and RequirementError."""
    for name in dict.fromkeys(images):
        source = Path(file.images[name].source)
        if not source.is_dir():
            raise ConfigError(f"images.{name}.source: there is no folder {source}")
        check_packages(source)
    for name, volume in file.volumes.items():
        try:
            Path(volume.folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequirementError(f"volumes.{name}.folder: {volume.folder} cannot be made: {error}") from error


class _Runner:
    def __init__(self, file: TaskFile, record: Record, console: Console, *, several: bool) -> None:
        self._file, self._record = file, record
        self._progress = Progress(console)
        self._several = several

    def run(self, name: str, pipeline: TaskPipeline) -> None:
        """A pipeline's tasks, within its time."""
        deadline = time.monotonic() + 60 * pipeline.timeout_minutes
        for task in pipeline.tasks:
            started = time.perf_counter()
            title = f"{name}: {task.name}" if self._several else task.name
            entry = {"pipeline": name, "task": task.name}
            try:
                with self._progress.step(task.name, title):
                    self._run(name, task, deadline)
            except BaseException:
                self._record.add(**entry, status="failed", seconds=_since(started))
                raise
            self._record.add(**entry, status="completed", seconds=_since(started))

    def _run(self, pipeline: str, task: Task, deadline: float) -> None:
        commands, names = commands_of(self._file, task), names_of(task)
        files = [self._record.log_file(pipeline, name) for name in names]
        if task.timeout_minutes is not None:
            deadline = min(deadline, time.monotonic() + 60 * task.timeout_minutes)
        with ExitStack() as opened:
            logs = [opened.enter_context(file.open("w", encoding="utf-8")) for file in files]

            def on_line(number: int, line: str) -> None:
                self._progress.line(names[number], line)
                logs[number].write(f"{line}\n")
                logs[number].flush()

            try:
                run_together(commands, environment(), on_line, deadline)
            except ProcessError as error:
                said = "\n".join(f"  | {line}" for line in error.lines[-_SHOWN_LINES:]) or "  | (it said nothing)"
                raise StepError(
                    names[error.number],
                    f"{task.cmd!r} {error.problem}\n{said}",
                    hint=f"its whole output is in {files[error.number]}",
                ) from error


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)
