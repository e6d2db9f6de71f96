"""Files on whatever the output's URI names: a folder, S3, HDFS."""

from __future__ import annotations

import os
import tempfile
from argparse import Namespace
from typing import Any, Dict, List

from pipeline.errors import ConfigError, DataError
from pipeline.schema import Schema
from spark_jobs import hadoop
from spark_jobs.naming import renamed_schema, spark_names


def read_text(spark: Any, uri: str) -> str:
    """A small text file of any URI."""
    from pyspark.sql.utils import CapturedException

    if "://" not in uri and os.path.exists(uri):
        with open(uri, encoding="utf-8") as stream:
            return stream.read()
    try:
        return "\n".join(row[0] for row in spark.read.text(uri, wholetext=True).collect())
    except CapturedException as error:
        raise DataError(f"{uri} cannot be read: {str(error).splitlines()[0]}") from error


def write_text(spark: Any, uri: str, text: str) -> None:
    """Writes a small text file."""
    write_bytes(spark, uri, text.encode("utf-8"))


def write_bytes(spark: Any, uri: str, content: bytes) -> None:
    """Writes a file: on this machine directly, elsewhere through Hadoop's file systems."""
    if "://" not in uri:
        os.makedirs(os.path.dirname(uri) or ".", exist_ok=True)
        with open(uri, "wb") as stream:
            stream.write(content)
        return
    with tempfile.NamedTemporaryFile() as local:
        local.write(content)
        local.flush()
        hadoop.store(spark, local.name, uri)


def write_archive(spark: Any, uri: str, files: Dict[str, bytes]) -> None:
    """Writes files as a tar.gz."""
    from pipeline.bundle.pack import write_files

    with tempfile.TemporaryDirectory() as folder:
        write_bytes(spark, uri, write_files(files, os.path.join(folder, "model.tar.gz")).read_bytes())


def write_model(spark: Any, model: Any, train: Any, schema: Schema, options: Namespace) -> List[Dict[str, Any]]:
    """Writes model.tar.gz and returns what its stages are, for the report."""
    from pipeline.bundle.archive import read_files
    from pipeline.bundle.reader import read_bundle
    from pipeline.bundle.writer import bundle_files
    from pipeline.operators.values import to_json

    names = spark_names(schema)
    own = {safe: name for name, safe in names.items() if safe != name}
    with tempfile.TemporaryDirectory() as folder:
        if options.serializer == "mleap":
            if own:
                raise ConfigError(f"serializer mleap cannot take the column name {min(own.values())!r}")
            from pipeline.mleap.serializer import serialize

            packed = os.path.join(folder, "bundle.zip")
            serialize(model, model.transform(train.limit(1)), packed)
            files = read_files(packed)
        else:
            files = bundle_files(model, renamed_schema(schema, names), own)
        # AWS's container reads bundle.json and root/; ours reads the contract beside them too.
        files["schema.json"] = to_json(schema.to_dict()).encode()
        write_archive(spark, f"{options.output}/model.tar.gz", files)
    return [
        {
            "op": node.operator.op,
            "name": node.name,
            "inputs": list(node.shape.inputs.values()),
            "outputs": list(node.shape.outputs.values()),
        }
        for node in read_bundle(files).nodes
    ]


def java_version(spark: Any) -> str:
    """The version of the JVM that Spark runs on."""
    return str(spark._jvm.java.lang.System.getProperty("java.version"))
