"""The model's way to the executors: a file of its own name beside each of them."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import Any

from pipeline.errors import ModelError
from spark_jobs import hadoop

# Where a run folder keeps its fused archive.
_RUN_MODEL = os.path.join("model", "fused", "model.tar.gz")


def fetch(spark: Any, uri: str, folder: str) -> str:
    """The model archive, or a run folder's, as a file in the folder; its name tells its content.

    Raises ModelError where there is none.
    """
    path = os.path.join(folder, "model")
    if "://" in uri:
        if not hadoop.exists(spark, uri):
            raise ModelError(f"{uri} is not there", hint="name a model archive, model.tar.gz")
        hadoop.fetch(spark, uri, path)
    else:
        found = os.path.join(uri, _RUN_MODEL) if os.path.isdir(uri) else uri
        if not os.path.isfile(found):
            raise ModelError(f"{found} is not there", hint="name a model archive, or a run folder")
        shutil.copyfile(found, path)
    with open(path, "rb") as stream:
        name = f"model-{hashlib.sha256(stream.read()).hexdigest()}"
    return shutil.move(path, os.path.join(folder, name))


def ship(spark: Any, path: str) -> str:
    """Sends a file to every executor; returns its name among SparkFiles."""
    spark.sparkContext.addFile(path)
    return os.path.basename(path)
