"""Volumes of tasks that run on Airflow's workers, where the folder of DAGs is kept as it is elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

from pipeline.config.tasks import TaskFile

# The variable that names the folder for them; without it, they are where the pipeline file says.
VARIABLE = "INFERENCE_VOLUMES"
_DAGS = Path(__file__).parents[1]


def with_kept_volumes(file: TaskFile) -> TaskFile:
    """The file with its volumes below the DAGs moved to the same place below the folder for volumes.

    One that holds code, too, stays with it.
    """
    kept = os.environ.get(VARIABLE)
    if not kept:
        return file
    sources = [Path(os.path.normpath(image.source)) for image in file.images.values()]
    volumes = dict(file.volumes)
    for name, volume in volumes.items():
        path = Path(os.path.normpath(volume.folder))
        if path.is_relative_to(_DAGS) and not any(source.is_relative_to(path) for source in sources):
            volumes[name] = volume.model_copy(update={"folder": str(Path(kept) / path.relative_to(_DAGS))})
    return file.model_copy(update={"volumes": volumes})
