"""The child process that holds the JVM: `python -m pipeline.mleap.worker` answers requests on stdin until it closes."""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

import jpype
import pyarrow as pa

from pipeline.errors import BundleError, DataError, PipelineError, RequirementError
from pipeline.mleap.jvm import Jvm, reason
from pipeline.mleap.leap_decode import decode
from pipeline.mleap.leap_encode import encode
from pipeline.mleap.protocol import receive, send

# A frame is one Java array of bytes, and then a Java object for every value: it holds so much at most.
BATCH_ROWS = 10_000
BATCH_BYTES = 64 << 20


def main() -> None:
    """Answer each request with a message; an error made on purpose is an answer too."""
    replies = _own_stdout()
    worker = Worker()
    while True:
        try:
            request, table = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            header, result = worker.answer(request, table)
        except PipelineError as error:
            send(replies, {"error": error.code, "arguments": _arguments(error)})
        else:
            send(replies, header, result)


class Worker:
    """The JVM and the bundles loaded into it."""

    def __init__(self) -> None:
        self._jvm: Any = None
        self._models: list[Any] = []

    def answer(self, request: dict[str, Any], table: Any) -> tuple[dict[str, Any], Any]:
        """The reply to `start`, `load` or `transform`: a header and, to the last, a table."""
        if request["do"] == "start":
            return self._start(request), None
        if request["do"] == "load":
            return self._load(request["path"]), None
        return {}, self._transform(self._models[request["model"]], table, request["columns"])

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            self._jvm = Jvm(request["library"], request["jars"])
        except (jpype.JException, OSError, RuntimeError, TypeError) as error:
            raise RequirementError(f"the JVM {request['library']} does not start: {error}") from error
        return {}

    def _load(self, path: str) -> dict[str, Any]:
        try:
            self._models.append(self._jvm.load(path))
        except jpype.JException as error:
            raise BundleError(f"MLeap cannot load the bundle: {reason(error)}") from error
        return {"model": len(self._models) - 1}

    def _transform(self, model: Any, table: pa.Table, columns: list[str] | None) -> pa.Table:
        rows = max(1, min(BATCH_ROWS, BATCH_BYTES * table.num_rows // max(1, table.nbytes)))
        batches = table.to_batches(max_chunksize=rows) or [pa.RecordBatch.from_pylist([], table.schema)]
        results, offset = [], 0
        for batch in batches:
            results.append(self._transform_batch(model, batch, columns, offset))
            offset += batch.num_rows
        return pa.concat_tables(results)

    def _transform_batch(self, model: Any, batch: Any, columns: list[str] | None, offset: int) -> pa.Table:
        try:
            return decode(self._jvm.transform(model, encode(batch, offset), columns))
        except jpype.JException as error:
            raise self._explain(error, model, batch, columns, offset) from error

    def _explain(self, error: Any, model: Any, batch: Any, columns: list[str] | None, offset: int) -> DataError:
        """The error with the first row that raises it, where it is a row's and not the columns'."""

        def failure(start: int, stop: int) -> Any:
            try:
                self._jvm.transform(model, encode(batch.slice(start, stop - start), offset), columns)
            except jpype.JException as found:
                return found
            return None

        if failure(0, 0) is not None:
            return DataError(f"MLeap refuses the columns: {reason(error)}")
        start, stop = 0, batch.num_rows
        while stop - start > 1:
            middle = (start + stop) // 2
            if failure(start, middle) is None:
                start = middle
            else:
                stop = middle
        return DataError(f"MLeap refuses the row: {reason(failure(start, stop) or error)}", row=offset + start + 1)


def _own_stdout() -> BinaryIO:
    """The real stdout for replies alone; what Java prints there goes to stderr."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _arguments(error: PipelineError) -> dict[str, Any]:
    """What the error is made of, by the names of its constructor."""
    own = ("problem", "row", "column", "expected") if isinstance(error, DataError) else ("message",)
    return {name: getattr(error, name) for name in (*own, "hint")}


if __name__ == "__main__":
    main()
