"""Files and folders of any URI, through Hadoop's file systems as Spark itself reads and writes them."""

from __future__ import annotations

from typing import Any


def exists(spark: Any, uri: str) -> bool:
    """Whether there is a file or folder."""
    system, path = _at(spark, uri)
    return bool(system.exists(path))


def remove(spark: Any, uri: str) -> None:
    """Deletes a file or folder with all in it; that there is none is no error."""
    system, path = _at(spark, uri)
    system.delete(path, True)


def fetch(spark: Any, uri: str, local: str) -> None:
    """Copies a file to this machine."""
    system, path = _at(spark, uri)
    system.copyToLocalFile(False, path, spark._jvm.org.apache.hadoop.fs.Path(f"file://{local}"), True)


def store(spark: Any, local: str, uri: str) -> None:
    """Copies a file of this machine to a URI, over what is there."""
    system, path = _at(spark, uri)
    system.copyFromLocalFile(False, True, spark._jvm.org.apache.hadoop.fs.Path(local), path)


def create(spark: Any, uri: str) -> Any:
    """A Java output stream that writes a file, over what is there; close it."""
    system, path = _at(spark, uri)
    return system.create(path, True)


def _at(spark: Any, uri: str) -> Any:
    path = spark._jvm.org.apache.hadoop.fs.Path(uri)
    return path.getFileSystem(spark._jsc.hadoopConfiguration()), path
