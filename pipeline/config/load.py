"""Reading a pipeline file: YAML to values; each error names line, key, what was found and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.config.checking import check
from pipeline.config.model import PipelineConfig
from pipeline.config.reading import Lines, read_yaml
from pipeline.config.tasks import TaskFile
from pipeline.errors import ConfigError

# What tells a file of tasks and services from a pipeline that trains; Liminal's grammar has lists of them.
LIMINAL = "liminal"
_TASKS = frozenset({"images", "services", "pipelines"})


def load_config(path: str | Path) -> PipelineConfig:
    """Reads and checks a pipeline file; paths in it become relative to its folder. Raises ConfigError."""
    config = load_file(path)
    if isinstance(config, TaskFile):
        raise ConfigError(
            f"{path} has tasks and services, and no model that this command could train",
            hint="inference-pipeline run runs its tasks, up starts its services",
        )
    return config


def load_task_file(path: str | Path) -> TaskFile:
    """Reads and checks a file of tasks and services, in this project's grammar or in Liminal's. Raises ConfigError."""
    config = load_file(path)
    if isinstance(config, PipelineConfig):
        raise ConfigError(
            f"{path} has no tasks and services; found a pipeline that trains", hint=f"keys: {', '.join(sorted(_TASKS))}"
        )
    return config


def load_file(path: str | Path) -> PipelineConfig | TaskFile:
    """Reads and checks a file of either kind, known by its keys. Raises ConfigError."""
    path = Path(path)
    document, lines = read_yaml(path)
    if path.stem == LIMINAL or (isinstance(document, dict) and document.keys() & _TASKS):
        return _task_file(document, path, lines).located(path.absolute().parent)
    return _located(check(document, PipelineConfig, path, lines), path.parent)


def _task_file(document: Any, path: Path, lines: Lines) -> TaskFile:
    if path.stem == LIMINAL or any(isinstance(document[key], list) for key in _TASKS & document.keys()):
        from pipeline.liminal.read import read_liminal

        return read_liminal(document, path, lines)
    return check(document, TaskFile, path, lines)


def _located(config: PipelineConfig, folder: Path) -> PipelineConfig:
    changes: dict[str, Any] = {"schema_file": str(folder / config.data.schema_file)}
    location = config.data.location
    if location is not None and "://" not in location:
        changes["location"] = str(folder / location)
    located: dict[str, Any] = {"data": config.data.model_copy(update=changes)}
    model = config.sagemaker.model
    if model.wheels is not None:
        model = model.model_copy(update={"wheels": str(folder / model.wheels)})
        located["sagemaker"] = config.sagemaker.model_copy(update={"model": model})
    return config.model_copy(update=located)
