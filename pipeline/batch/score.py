"""The batch transform: a stream of tables through a scorer into a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.batch.compiled import compiled_answer
from pipeline.batch.contents import Encode, encoder
from pipeline.batch.files import format_named, input_files
from pipeline.batch.tables import Part, open_tables
from pipeline.batch.writers import check_output, format_of_output, open_writer
from pipeline.data.csv import CsvOptions
from pipeline.errors import DataError
from pipeline.scoring import Scorer
from pipeline.scoring.outputs import chunk_rows

OnProgress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class ScoreResult:
    """How much was scored, and how long it took with reading and writing."""

    rows: int
    seconds: float


def score(
    model: Path,
    source: Path,
    output: Path,
    *,
    output_columns: Sequence[str] | None = None,
    options: CsvOptions | None = None,
    input_format: str | None = None,
    output_format: str | None = None,
    progress: OnProgress | None = None,
    threads: int = 0,
) -> ScoreResult:
    """Scores a file or folder into one file, in the input's order, in a stream.

    Without `output_columns` the output holds what the endpoint answers; else the named columns of the contract or the
    bundle, and selectable outputs. CSV has no header. The formats are what the names tell, or csv, json or parquet as
    given. `progress` gets (rows, bytes read, bytes in all); `threads` bounds XGBoost's, 0 for all cores.
    Raises DataError naming file, row and column, ConfigError, ModelError; then no output is left, or the one before it.
    """
    started = time.perf_counter()
    check_output(output, source, input_files(source))
    form = format_named(output_format) if output_format else format_of_output(output)
    scorer = Scorer.load(model, threads=threads)
    columns = tuple(output_columns or ())
    encode = encoder(scorer, form, columns)
    compiled = None if columns else compiled_answer(scorer, form)
    parts = open_tables(
        source,
        scorer.contract,
        options=options,
        form=input_format,
        keep=columns,
        shortcut=compiled.predictions if compiled is not None else None,
    )
    step = chunk_rows(scorer)
    rows = 0
    with open_writer(output, form) as writer:
        for part in parts:
            if compiled is not None and isinstance(part.table, np.ndarray):
                writer.write(compiled.encode(part.table))
            else:
                for encoded in _encoded(part, encode, step):
                    writer.write(encoded)
            rows += len(part.table)
            if progress is not None:
                progress(rows, part.done, part.total)
    return ScoreResult(rows, time.perf_counter() - started)


def _encoded(part: Part, encode: Encode, step: int) -> Iterator[Any]:
    for at in range(0, part.table.num_rows, step):
        try:
            yield encode(part.table.slice(at, step), part.offset + at)
        except DataError as error:
            raise error.in_source(part.source) from error
