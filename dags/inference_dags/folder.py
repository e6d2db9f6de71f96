"""The folder of pipeline files."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from airflow.providers.common.compat.sdk import DAG, get_parsing_context

from inference_dags.dag import pipeline_dag
from pipeline.config import PipelineConfig, load_file
from pipeline.config.recognition import is_pipeline_file
from pipeline.errors import PipelineError

# The variable that names the folder; without it, it is searched inside and beside the folder of DAGs.
VARIABLE = "INFERENCE_PIPELINES"
_DAGS = Path(__file__).parents[1]
_PLACES = (_DAGS / "pipelines", _DAGS.parent / "pipelines", _DAGS.parent / "examples")


@dataclass
class Loaded:
    """The DAGs of a folder, and what keeps other files from being one."""

    dags: list[DAG] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def load_dags(folder: Path | None = None) -> Loaded:
    """The DAGs of all pipeline files in a folder; of one alone where Airflow asks for no other."""
    folder = folder or _folder()
    only = get_parsing_context().dag_id
    loaded = Loaded()
    names: dict[str, Path] = {}
    for file in pipeline_files(folder):
        try:
            for name, make in _builders(file):
                if name in names:
                    loaded.errors.append(f"{file}: name {name!r} is that of {names[name]} too")
                    continue
                names[name] = file
                if only in (None, name):
                    dag = make()
                    # Airflow itself would blame all DAGs for what it refuses later.
                    dag.validate()
                    loaded.dags.append(dag)
        except PipelineError as error:
            loaded.errors.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever Airflow makes of one file must not hide the others
            loaded.errors.append(f"{file}: {type(error).__name__}: {error}")
    return loaded


def _builders(file: Path) -> Iterator[tuple[str, Callable[[], DAG]]]:
    """The names of a file's DAGs, and what makes each."""
    config = load_file(file)
    if isinstance(config, PipelineConfig):
        yield config.name, functools.partial(pipeline_dag, config, file)
        return
    from inference_dags.task_dag import task_dag

    for name in config.pipelines:
        yield name, functools.partial(task_dag, config, name, file)


def pipeline_files(folder: Path) -> Iterator[Path]:
    """The pipeline files of a folder, and of each folder in it; other YAML files may lie beside them."""
    for pattern in ("*.y*ml", "*/*.y*ml"):
        named = sorted(file for file in folder.glob(pattern) if file.suffix in (".yml", ".yaml"))
        yield from filter(is_pipeline_file, named)


def _folder() -> Path:
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return next((place for place in _PLACES if place.is_dir()), _PLACES[0])
