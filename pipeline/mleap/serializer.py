"""Bundles written by MLeap itself: its SimpleSparkSerializer 0.16.0 in a Spark 3.5 session.

That version was built for Spark 2.4. Its registry loads every operator at first use, and LDA's needs a class that
Spark 3.5 no longer ships, so the session gets a registry without LDA.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from pipeline.errors import RequirementError, UnsupportedStageError
from pipeline.mleap.jars import SERIALIZER, resolve, spark_jars_folder

LDA = '"org.apache.spark.ml.bundle.ops.clustering.LDAModelOp",'
SETTINGS_HINT = "start the Spark session with pipeline.mleap.serializer.serializer_settings()"


def serializer_settings(work_dir: str | Path) -> dict[str, str]:
    """The Spark configuration a session needs before it starts, to `serialize` later.

    Writes MLeap's registry as a Typesafe-config file into `work_dir`, which must outlive the session. Jars that
    Spark ships in its own version are left out. Raises RequirementError where MLeap's jars cannot be had.
    """
    jars = resolve(SERIALIZER)
    shipped = {_module(jar.name) for jar in spark_jars_folder().glob("*.jar")}
    config = Path(work_dir).absolute() / "mleap-registry.conf"
    config.write_text(_registry(next(jar for jar in jars if jar.name.startswith("mleap-spark_"))), "utf-8")
    return {
        "spark.jars": ",".join(str(jar) for jar in jars if _module(jar.name) not in shipped),
        "spark.driver.extraJavaOptions": f'-Dconfig.file="{config}"',
    }


def serialize(pipeline_model: Any, dataset: Any, path: str | Path) -> None:
    """Write a fitted PipelineModel as a bundle (a `.zip`), whole or not at all, over what is there.

    It writes StringIndexers of one column, and OneHotEncoders that were given `inputCols`, behind an indexer.
    `dataset` is a DataFrame the model has transformed: MLeap reads column types and attributes off it. Raises
    RequirementError where the session lacks MLeap, and UnsupportedStageError with MLeap's message where it cannot
    write a stage.
    """
    try:
        from mleap.pyspark.spark_support import SimpleSparkSerializer
    except ImportError as error:
        raise RequirementError("the package mleap is not installed", hint="install the extra `mleap`") from error
    from py4j.protocol import Py4JJavaError

    try:
        serializer = SimpleSparkSerializer()
    except TypeError as error:  # Py4J's package object stands where the class is missing
        raise RequirementError("the Spark session has no MLeap jars", hint=SETTINGS_HINT) from error
    target = Path(path).absolute()
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        bundle = Path(folder) / "bundle.zip"
        try:
            serializer.serializeToBundle(pipeline_model, f"jar:{bundle.as_uri()}", dataset)
        except Py4JJavaError as error:
            raise _refusal(error) from error
        bundle.replace(target)


def _registry(jar: Path) -> str:
    """MLeap's `reference.conf` without the operator that cannot be loaded."""
    with zipfile.ZipFile(jar) as archive:
        return archive.read("reference.conf").decode("utf-8").replace(LDA, "")


def _module(jar: str) -> str:
    """A jar's name without its version."""
    return re.sub(r"-\d[^/]*\.jar$", "", jar)


def _refusal(error: Any) -> Exception:
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    if "NoClassDefFoundError" in cause.toString() or "ClassNotFoundException" in cause.toString():
        return RequirementError(f"MLeap's serialiser lacks a class: {cause.toString()}", hint=SETTINGS_HINT)
    return UnsupportedStageError(
        f"MLeap {SERIALIZER.version} cannot write this pipeline: {cause.toString()}",
        hint="write it with this project's own bundle writer",
    )
