"""Where a pipeline runs, and a plan made from the command line's options."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.config import PipelineConfig
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
