"""One partition of a Spark job through the scorer: Arrow batches in, Arrow batches out, no row in Python alone.

It runs in the executors' Python. The scorer is loaded once in each of their processes.
"""

from __future__ import annotations

import functools
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.batch.contents import Encode, encoder
from pipeline.batch.files import CSV, PARQUET
from pipeline.batch.json_tables import json_tables
from pipeline.data.conform import conform
from pipeline.data.csv import CsvOptions, parse_block
from pipeline.data.lines import wrong_quote
from pipeline.errors import DataError
from pipeline.schema.contract import Schema
from pipeline.scoring import Scorer
from pipeline.scoring.outputs import Outputs, chunk_rows

_ONE_LINE = "a row on one line; files with line breaks inside quotes are read by `inference-pipeline score`"


@dataclass(frozen=True)
class Work:
    """What is to be done with every partition.

    `model` is the archive's path; `form` and `output` are csv, json or parquet; `layout` has the columns of a line of
    CSV, `wanted` those that are read, `columns` those that are written, none for the endpoint's answer. `header` is the
    first line of each file, where files have one. `threads` bounds XGBoost's and Arrow's.
    """

    model: str
    form: str
    output: str
    wanted: Schema
    layout: Schema
    columns: tuple[str, ...] = ()
    delimiter: str = ","
    unwrap_rows: bool = False
    header: bytes | None = None
    threads: int = 1


def columns_of(scorer: Scorer, kept: Sequence[str]) -> tuple[str, ...]:
    """The columns to write: those that are kept, then the endpoint's answer; none where that alone is written."""
    if not kept:
        return ()
    if scorer.booster is not None:
        return (*kept, *(key for key in Outputs(scorer).keys if key not in kept))
    return (*kept, *([scorer.features] if scorer.features and scorer.features not in kept else []))


def scored(batches: Iterator[Any], work: Work) -> Iterator[tuple[Any, int]]:
    """The output of a partition's rows, each with how many rows it stands for.

    A batch of text holds lines in its first column and, for files with a header, in the second a number that tells
    files apart, null but in a file's first block; one of Parquet holds the wanted columns. Text comes out as a batch
    of one string of many lines. Raises DataError with `row` counted from 1 within the partition, headers included.
    """
    scorer, encode = _loaded(work.model, work.output, work.columns, work.threads)
    step = chunk_rows(scorer)
    for table, place in _tables(batches, work):
        for at in range(0, table.num_rows, step):
            part = table.slice(at, step)
            encoded = encode(part, place + at)
            yield from _batches(encoded, part.num_rows, work.output)


@functools.lru_cache(maxsize=1)
def _loaded(model: str, output: str, columns: tuple[str, ...], threads: int) -> tuple[Scorer, Encode]:
    # A partition has so many cores; Arrow would take all of the machine's.
    pa.set_cpu_count(threads)
    scorer = Scorer.load(model, threads=threads)
    return scorer, encoder(scorer, output, columns)


def _tables(batches: Iterator[Any], work: Work) -> Iterator[tuple[Any, int]]:
    """Tables of the wanted columns, and how many rows of the partition stand before each."""
    before, file = 0, 0
    for batch in batches:
        if not batch.num_rows:
            continue
        if work.form == PARQUET:
            yield _typed(batch, work.wanted, before), before
        elif work.header is None:
            yield _parsed(batch.column(0), work, before), before
        else:
            files = batch.column(1).fill_null(0).to_numpy(zero_copy_only=False)
            starts = {int(at) for at in np.flatnonzero((files != 0) & (files != np.r_[file, files[:-1]]))}
            for start, stop in itertools.pairwise(sorted({0, *starts, len(files)})):
                lines, place = batch.column(0).slice(start, stop - start), before + start
                if start in starts:
                    _check_header(lines.cast(pa.binary())[0].as_py(), work.header, place)
                    lines, place = lines.slice(1), place + 1
                if len(lines):
                    yield _parsed(lines, work, place), place
            file = int(files[-1])
        before += batch.num_rows


def _typed(batch: Any, wanted: Schema, before: int) -> Any:
    try:
        # Damage shows late else: in texts that are not UTF-8.
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        raise DataError(f"not readable as Parquet: {error}", row=before + 1) from error
    return conform(pa.Table.from_batches([batch]), wanted, offset=before)


def _check_header(line: bytes, header: bytes, before: int) -> None:
    if line != header:
        found, first = (text.decode("utf-8", "replace")[:80] for text in (line, header))
        raise DataError(f"the header is {found!r}", row=before + 1, expected=f"the first file's: {first!r}")


def _parsed(lines: Any, work: Work, before: int) -> Any:
    block = _joined(lines)
    try:
        table = _table(block, work)
        if table.num_rows != len(lines):
            raise DataError("rows and lines differ in number", row=1, expected=_ONE_LINE)
        return table
    except DataError as error:
        if work.form == CSV and b'"' in block:
            # What a quote left open does to the rows behind it is no news.
            _check_lines(block, work.delimiter, before)
        raise _further(error, before) from error


def _table(block: bytes, work: Work) -> Any:
    if work.form == CSV:
        options = CsvOptions(work.delimiter, False, work.unwrap_rows)
        return parse_block(block, work.layout, options).select(work.wanted.names)
    return pa.concat_tables(json_tables(io.BytesIO(block), work.layout, work.wanted))


def _joined(lines: Any) -> bytes:
    """The lines as one block of text."""
    binary = lines.cast(pa.binary())
    whole = pa.ListArray.from_arrays(pa.array([0, len(binary)], pa.int32()), binary)
    block: bytes = pc.binary_join(whole, b"\n")[0].as_py()
    return block + b"\n"


def _check_lines(block: bytes, delimiter: str, before: int) -> None:
    """Raises DataError for the first line that holds no whole row: another partition may have its rest."""
    for row, line in enumerate(block.split(b"\n"), start=before + 1):
        wrong = wrong_quote(line, delimiter)
        if wrong is not None:
            raise DataError(wrong[0], row=row, expected=_ONE_LINE)


def _further(error: DataError, before: int) -> DataError:
    """The error with its row counted past those before."""
    return DataError(
        error.problem,
        row=before + (error.row or 1),
        column=error.column,
        value=error.value,
        expected=error.expected,
        hint=error.hint,
    )


def _batches(encoded: Any, rows: int, output: str) -> Iterator[tuple[Any, int]]:
    if output != PARQUET:
        # Spark ends every string with a line end.
        text = pa.array([encoded[:-1]], pa.binary()).cast(pa.string())
        yield pa.RecordBatch.from_arrays([text], ["value"]), rows
        return
    for batch in encoded.cast(_spark_schema(encoded.schema)).to_batches():
        yield batch, batch.num_rows


def _spark_schema(schema: Any) -> Any:
    """The schema in types that Spark has: it knows no lists of fixed size."""
    kinds = {
        field.name: pa.list_(field.type.value_type) if pa.types.is_fixed_size_list(field.type) else field.type
        for field in schema
    }
    return pa.schema(kinds)


def output_schema(batches: Iterator[Any], work: Work) -> Iterator[Any]:
    """The schema of a partition's output, packed, as a batch of one value; nothing where the partition has no rows."""
    for batch, _ in scored(batches, work):
        yield pa.RecordBatch.from_arrays([pa.array([batch.schema.serialize().to_pybytes()], pa.binary())], ["schema"])
        return


def unpacked_schema(packed: bytes) -> Any:
    """The pyarrow.Schema that output_schema has packed."""
    return pa.ipc.read_schema(pa.py_buffer(packed))
