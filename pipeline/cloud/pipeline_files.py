"""A folder of pipeline files as Airflow gets it: with all that they name, and without what their runs have left."""

from __future__ import annotations

import os.path
from collections.abc import Collection, Iterator
from pathlib import Path

from pipeline.config import PipelineConfig, load_file
from pipeline.config.tasks import TaskFile
from pipeline.errors import ConfigError, PipelineError

_SUFFIXES = (".yml", ".yaml")
_LEFT_OUT = "__pycache__"


def pipeline_files(folder: Path, below: str, others: Collection[str]) -> dict[str, Path]:
    """The files of a folder by their keys, which begin with `below`; `others` are the keys of what lies beside it.

    Left out is what is hidden or compiled, and what is in a volume of a file's. Raises ConfigError for a folder without
    a pipeline file, and for a file that names something that is here and would not be there.
    """
    folder = folder.absolute()
    named = sorted(file for pattern in ("*", "*/*") for file in folder.glob(pattern) if file.suffix in _SUFFIXES)
    if not any(file.suffix in _SUFFIXES for file in folder.rglob("*")):
        raise ConfigError(f"{folder} has no pipeline file", hint="name the folder that they are in")
    loaded = [(file, config) for file in named if (config := _loaded(file)) is not None]
    volumes = [volume for _, config in loaded if isinstance(config, TaskFile) for volume in _volumes(config)]
    found = {f"{below}/{file.relative_to(folder).as_posix()}": file for file in _files(folder, volumes)}
    there = {*found, *others}
    for file, config in loaded:
        place = Path(below, file.parent.relative_to(folder))
        for key, path in _paths(config):
            if not _goes_along(path, file.parent, place, there):
                raise ConfigError(
                    f"{file}: {key} is {os.path.normpath(path)}, which does not go to AWS with {folder}",
                    hint=f"put it below {folder}, or name a folder that has both",
                )
    return found


def _loaded(file: Path) -> PipelineConfig | TaskFile | None:
    try:
        return load_file(file)
    except PipelineError:
        # Airflow tells of it, with its line, and runs the others.
        return None


def _files(folder: Path, volumes: Collection[Path]) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        left_out = _LEFT_OUT in parts or any(part.startswith(".") for part in parts)
        if file.is_file() and not left_out and not any(file.is_relative_to(volume) for volume in volumes):
            yield file


def _volumes(file: TaskFile) -> Iterator[Path]:
    """The folders that tasks write; one that holds the code, too, is the code's."""
    sources = [Path(os.path.normpath(image.source)) for image in file.images.values()]
    for volume in file.volumes.values():
        path = Path(os.path.normpath(volume.folder))
        if not any(source.is_relative_to(path) for source in sources):
            yield path


def _paths(config: PipelineConfig | TaskFile) -> Iterator[tuple[str, str]]:
    """What a file names, by its keys."""
    if isinstance(config, TaskFile):
        for name, image in config.images.items():
            yield f"images.{name}.source", image.source
        return
    yield "data.schema", config.data.schema_file
    location, wheels = config.data.location, config.sagemaker.model.wheels
    for key, path in (("data.location", location), ("sagemaker.model.wheels", wheels)):
        if path is not None and "://" not in path:
            yield key, path


def _goes_along(path: str, folder: Path, place: Path, there: Collection[str]) -> bool:
    """Whether a path that a file of this folder names leads to one of these keys from where the folder is put.

    An absolute one is the workers' own, and what is not here either is for Airflow to miss.
    """
    if not Path(path).is_relative_to(folder) or not Path(path).exists():
        return True
    target = os.path.normpath(place / Path(path).relative_to(folder)).replace(os.sep, "/")
    return target in there or any(name.startswith(f"{target}/") for name in there)
