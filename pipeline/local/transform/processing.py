"""DataProcessing: what of a record the model gets, and what of record and result is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from pipeline.local.errors import JobFailure
from pipeline.local.transform.csv_cells import split_cells, split_rows
from pipeline.local.transform.json_path import JsonPath, PathError
from pipeline.local.transform.settings import Settings

_CSV, _JSON, _JSON_LINES = "text/csv", "application/json", "application/jsonlines"
INPUT, OUTPUT = "SageMakerInput", "SageMakerOutput"


class RecordError(ValueError):
    """A record, or its result, that cannot be processed; `place` is its place in its batch."""

    def __init__(self, message: str, place: int | None = None) -> None:
        super().__init__(message)
        self.place = place


class Processing:
    """InputFilter, JoinSource and OutputFilter of one job; raises JobFailure for settings that do not go together.

    A row of CSV is an array of its cells as written. Of JSON a result is joined to an object as `SageMakerOutput`; any
    other record is joined as {"SageMakerInput": record, "SageMakerOutput": result}.
    """

    def __init__(self, settings: Settings) -> None:
        self._input, self._output = JsonPath(settings.input_filter), JsonPath(settings.output_filter)
        self._join, self._split = settings.join, settings.split or settings.frames
        self._type = _family(settings.content_type)
        self._active = settings.processes_data
        if not self._active:
            return
        accept = _family(settings.accept) if settings.accept else self._type
        for name, family in (("ContentType", self._type), ("Accept", accept)):
            if family not in (_CSV, _JSON, _JSON_LINES):
                raise JobFailure(f"DataProcessing takes CSV and JSON alone; {name} is {family or 'not set'}")
        if settings.join and (self._type == _CSV) != (accept == _CSV):
            raise JobFailure(f"JoinSource Input cannot join {accept} to {self._type}")
        if _CSV in (self._type, accept) and not (settings.split and settings.assemble_lines):
            raise JobFailure("DataProcessing of text/csv needs SplitType Line and AssembleWith Line")
        if self._type == _JSON_LINES and not settings.split:
            raise JobFailure("DataProcessing of application/jsonlines needs SplitType Line")

    def requests(self, records: Sequence[bytes]) -> Sequence[bytes]:
        """What the model gets of each record; raises RecordError."""
        if self._input.is_root:
            return records
        return [self._request(record, place) for place, record in enumerate(records)]

    def results(self, records: Sequence[bytes], reply: bytes, content_type: str) -> list[bytes] | None:
        """What is written for each record of a request, in order; None for the reply as it is.

        As many results as records, or RecordError: a model that answers fewer would lose records without a word.
        """
        family = _family(content_type)
        lines = family in (_CSV, _JSON_LINES)
        found = _results(reply, family, len(records)) if self._split and (lines or self._active) else None
        if found is not None and len(found) != len(records):
            raise RecordError(f"{len(found)} results for {len(records)} records")
        if not self._join and self._output.is_root:
            return None
        pairs = enumerate(zip(records, found or [reply], strict=True))
        return [self._written(record, result, family, place) for place, (record, result) in pairs]

    def _request(self, record: bytes, place: int) -> bytes:
        try:
            return _encode(self._input.select(_decode(record, self._type)), self._type)
        except ValueError as error:
            raise RecordError(f"InputFilter: {error}", place) from error

    def _written(self, record: bytes, result: bytes, family: str, place: int) -> bytes:
        if self._join and self._type == family == _CSV and self._output.is_root:
            return record + b"," + result
        try:
            value = _decode(result, family)
            if self._join:
                value = _joined(_decode(record, self._type), value, csv=self._type == _CSV)
            return _encode(self._output.select(value), family)
        except ValueError as error:
            what = "OutputFilter" if isinstance(error, PathError) else "the result"
            raise RecordError(f"{what}: {error}", place) from error


def _results(reply: bytes, family: str, count: int) -> list[bytes]:
    if family == _CSV:
        return split_rows(reply)
    if family == _JSON and count == 1:
        return [reply]
    return [line for line in reply.split(b"\n") if line.strip()]


def _joined(record: Any, result: Any, *, csv: bool) -> Any:
    if csv:
        return [*record, *result]
    return {**record, OUTPUT: result} if isinstance(record, dict) else {INPUT: record, OUTPUT: result}


def _decode(text: bytes, family: str) -> Any:
    return split_cells(text) if family == _CSV else orjson.loads(text)


def _encode(value: Any, family: str) -> bytes:
    if family != _CSV:
        return orjson.dumps(value)
    # `$` and slices give lists of cells, an index one cell.
    return value if isinstance(value, bytes) else b",".join(value)


def _family(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
