"""What must be in S3 before the first request: rows, contract, and the Spark job with all that it imports."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from pipeline.packaging.py_files import spark_jobs_folder, write_py_files
from pipeline.plan.context import Context
from pipeline.plan.glue import SCRIPT
from pipeline.plan.job_arguments import job_script
from pipeline.plan.processing import rows_uri, spark_configuration
from pipeline.plan.steps import Upload


def uploads(context: Context, modules: Path, rows: Path | None) -> tuple[Upload, ...]:
    """All of them; `modules` is the folder of the pipeline file, whose Python files travel too.

    `rows` is a file or folder; where it is None and the pipeline file names none either, the upload has no source yet.
    """
    return tuple(_uploads(context, modules, rows))


def _uploads(context: Context, modules: Path, rows: Path | None) -> Iterator[Upload]:
    places, config = context.places, context.config
    if rows is not None or not (config.data.location or "").startswith("s3://"):
        found = rows or (Path(config.data.location) if config.data.location else None)
        folder = rows_uri(context)
        yield Upload(folder + found.name if found is not None and found.is_file() else folder, found)
    yield Upload(places("input", "schema.json"), Path(config.data.schema_file))
    script = job_script(config) if config.glue is None else SCRIPT
    yield Upload(places("code", script), spark_jobs_folder() / script)
    with tempfile.TemporaryDirectory() as folder:
        zipped = write_py_files(Path(folder) / "py-files.zip", modules)
        yield Upload(places("code", zipped.name), content=zipped.read_bytes())
        if config.features.serializer == "mleap":
            yield from _mleap(context, Path(folder))
    configuration = spark_configuration(context)
    if configuration is not None and config.glue is None:
        yield Upload(places("code", "configuration.json"), content=configuration)


def _mleap(context: Context, folder: Path) -> Iterator[Upload]:
    """MLeap's jars and its registry, where MLeap itself writes the bundle."""
    from pipeline.mleap.serializer import serializer_settings

    settings = serializer_settings(folder)
    for jar in settings["spark.jars"].split(","):
        yield Upload(context.places("code", "jars", Path(jar).name), Path(jar))
    registry = folder / "mleap-registry.conf"
    yield Upload(context.places("code", registry.name), content=registry.read_bytes())
