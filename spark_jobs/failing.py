"""An executor's error, told by the driver in its own words and with its place in the input.

An executor knows the row's number within its partition; the driver reads again to learn the file.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

from pipeline import errors
from pipeline.errors import DataError, PipelineError, TrainingError
from spark_jobs import explaining, featuring, requiring
from spark_jobs.reading import ROW_ID

# monotonically_increasing_id(): the partition's number above the row's within it.
_PARTITION_BITS = 33
_TOLD = re.compile(r"spark_jobs\.failing\.Failure: (\{.*\})")
_MISSING = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")
_PYTHON = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Mismatch\w*): .+$", re.MULTILINE)
# Past the time, the source line and the condition.
_XGBOOST = re.compile(r"xgboost\.core\.XGBoostError: (?:\[[\d:]+\] \S+: )?(?:Check failed: [^:\n]*: )?(.*)")
_FIELDS = ("row", "column", "expected")


class Failure(Exception):
    """A PipelineError on its way from an executor to the driver: JSON, in a Python traceback in a Java exception."""


@contextmanager
def told(partition: int) -> Iterator[None]:
    """In an executor: makes a Failure of a PipelineError."""
    try:
        yield
    except PipelineError as error:
        document: Dict[str, Any] = {"code": error.code, "message": error.message, "hint": error.hint}
        if isinstance(error, DataError):
            document.update({name: getattr(error, name) for name in _FIELDS}, problem=error.problem)
            document.update(value=error.value, partition=partition)
        raise Failure(json.dumps(document, default=str)) from None


@contextmanager
def heard(rows: Any = None, *, headers: bool = False) -> Iterator[None]:
    """In the driver: makes a PipelineError of what Spark raises.

    `rows` are what the executors read, with their places; with `headers` the first of each file is none.
    """
    from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
    from pyspark.sql.utils import CapturedException

    try:
        yield
    except (CapturedException, Py4JJavaError) as error:
        raise _error(error, rows, headers) from error


def _error(error: Any, rows: Any, headers: bool) -> PipelineError:
    text = "\n".join(_texts(error))
    found = _TOLD.search(text)
    if found is None:
        missing = _MISSING.search(text)
        if missing is not None:
            return requiring.lacking(missing[1])
        refused = _XGBOOST.search(text)
        if refused is not None:
            return TrainingError(f"XGBoost refuses: {refused[1]}")
        python = _PYTHON.findall(text) if "Traceback" in text else []
        return PipelineError(f"Spark's job failed: {python[-1] if python else featuring.cause(error)}")
    document = json.loads(found[1])
    if document["code"] != DataError.code:
        return _kinds().get(document["code"], PipelineError)(document["message"], hint=document["hint"])
    return _of_row(document, rows, headers)


def _texts(error: Any) -> Iterator[str]:
    yield str(error)
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while java is not None:
        yield str(java.getMessage())
        java = java.getCause()


def _of_row(document: Dict[str, Any], rows: Any, headers: bool) -> DataError:
    number: Optional[int] = None
    source: Optional[str] = None
    if rows is not None and document["row"] is not None:
        place = (document["partition"] << _PARTITION_BITS) + document["row"] - 1
        number, source, _ = explaining.first(rows, rows[ROW_ID] == place)
        number -= headers
    return DataError(
        document["problem"],
        row=number or None,
        column=document["column"],
        value=document["value"],
        expected=document["expected"],
        source=source,
        hint=document["hint"],
    )


def _kinds() -> Dict[str, Any]:
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PipelineError))
    return {kind.code: kind for kind in kinds}
