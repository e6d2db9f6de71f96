"""Where a pipeline runs, and a plan made from the command line's options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import PipelineConfig, TaskFile
    from pipeline.plan import Plan


class Target(StrEnum):
    """Where a pipeline runs."""

    LOCAL = "local"
    SAGEMAKER = "sagemaker"


def plan_of(file: Path, run_key: str | None, data: Path | None = None) -> tuple[PipelineConfig, Plan]:
    """The pipeline file and its plan, with the settings of this environment.

    Raises ConfigError, SchemaError. Without `run_key` it is made of the file, so that the same file is the same run.
    """
    from pipeline.config import load_config
    from pipeline.plan import content_key, plan_requests, resolve_settings

    config = load_config(file)
    settings = resolve_settings(config.sagemaker, os.environ)
    return config, plan_requests(config, file, settings, run_key or content_key(file, config), rows=data)


def task_plans(file: Path, config: TaskFile, pipeline: str | None, run_key: str | None) -> list[Plan]:
    """The plans of a file's pipelines of tasks, or of one of them; raises ConfigError."""
    from pipeline.plan import resolve_settings
    from pipeline.plan.tasks import plan_tasks, tasks_key
    from pipeline.tasks.run import pipelines_of

    chosen = pipelines_of(config, pipeline)
    settings = resolve_settings(config.sagemaker.section(), os.environ)
    key = run_key or tasks_key(file, config)
    return [plan_tasks(config, name, settings, key) for name in chosen]


def refuse_options(file: Path, given: Mapping[str, object]) -> None:
    """Raises ConfigError for options that have no meaning for this kind of file."""
    from pipeline.errors import ConfigError

    for option, value in given.items():
        if value is not None:
            raise ConfigError(
                f"{option} has no meaning for {file}", hint="files with tasks and files that train differ"
            )
