"""Why the fitted features refuse a row: a category that the training split did not have, or what Spark says."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Optional, Tuple

from pipeline.errors import DataError
from spark_jobs import explaining, featuring
from spark_jobs.reading import quoted


@contextmanager
def explained(model: Any, read: Any, names: Dict[str, str]) -> Iterator[None]:
    """Makes a DataError of what Spark raises inside; `read` are the rows with their places, under their own names.

    `names` are the columns' for Spark ML.
    """
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
    from pyspark.sql.utils import CapturedException

    try:
        yield
    except (CapturedException, Py4JJavaError) as error:
        found = _unseen(model, read, {safe: name for name, safe in names.items()})
        raise found or DataError(f"Spark refuses a row: {featuring.cause(error)}") from error


def _unseen(model: Any, read: Any, names: Dict[str, str]) -> Optional[DataError]:
    from pyspark.sql import functions as F

    for column, labels in _indexed(model):
        if column not in names:
            continue
        value = F.col(quoted(names[column]))
        strange = value.isNull() | ~value.cast("string").isin(labels)
        if not read.where(strange).head(1):
            continue
        number, source, record = explaining.first(read, strange, names[column])
        return DataError(
            f"found {record[names[column]]!r}, a category that the training split does not have",
            row=number,
            column=names[column],
            expected=f"one of {', '.join(map(repr, labels[:10]))}" + (" ..." if len(labels) > 10 else ""),
            source=source,
            hint='a StringIndexer with handleInvalid="keep" takes it',
        )
    return None


def _indexed(model: Any) -> Iterator[Tuple[str, List[str]]]:
    """The columns of all StringIndexers that refuse what they do not know, with their labels."""
    for stage in getattr(model, "stages", []):
        if type(stage).__name__ == "PipelineModel":
            yield from _indexed(stage)
        elif type(stage).__name__ == "StringIndexerModel" and stage.getHandleInvalid() == "error":
            columns = stage.getInputCols() if stage.isSet("inputCols") else [stage.getInputCol()]
            yield from zip(columns, map(list, stage.labelsArray))
