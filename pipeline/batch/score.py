"""The batch transform: a stream of tables through a scorer into a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.batch.tables import open_tables
from pipeline.batch.writers import open_writer
from pipeline.columns import AnyColumn, Dense, Sparse, Text
from pipeline.data.csv import CsvOptions
from pipeline.errors import ConfigError
from pipeline.scoring import Scorer
from pipeline.scoring.arrow import from_arrow
from pipeline.scoring.outputs import Outputs, Values, chunk_rows

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
    progress: OnProgress | None = None,
    threads: int = 0,
) -> ScoreResult:
    """Scores a file or folder into one file, in the input's order, block by block.

    Without `output_columns` the output holds what the endpoint answers; else the named columns, raw, made by the
    bundle or selectable outputs. `progress` gets (rows, bytes read, bytes in all). Raises DataError naming file,
    row and column; then no output is left.
    """
    started = time.perf_counter()
    scorer = Scorer.load(model, threads=threads)
    values_of = _columns(scorer, output_columns) if output_columns else _default(scorer)
    rows = 0
    with open_writer(output, source) as writer:
        for part in open_tables(source, scorer.contract, options=options, form=input_format):
            step = chunk_rows(scorer)
            for at in range(0, part.table.num_rows, step):
                writer.write(values_of(part.table.slice(at, step), rows + at))
            rows += part.table.num_rows
            if progress is not None:
                progress(rows, part.done, part.total)
    return ScoreResult(rows, time.perf_counter() - started)


def _default(scorer: Scorer) -> Callable[[Any, int], Values]:
    if scorer.booster is not None:
        return Outputs(scorer).of_table
    return _columns(scorer, [scorer.features] if scorer.features else scorer.columns)


def _columns(scorer: Scorer, names: Sequence[str]) -> Callable[[Any, int], Values]:
    there = [*scorer.schema.names, *scorer.columns]
    chosen = [name for name in names if name not in there]
    if chosen and scorer.booster is None:
        raise ConfigError(f"no column {chosen[0]!r} in the bundle; there are {', '.join(there)}")
    outputs = Outputs(scorer, chosen) if chosen else None

    def values_of(table: Any, offset: int) -> Values:
        made = scorer.transform(table, [name for name in names if name in there], offset=offset)
        values: dict[str, Any] = {name: _plain(from_arrow(made[name], name)) for name in made.schema.names}
        if outputs is not None:
            values |= outputs.of_table(table, offset)
        return {name: values[name] for name in names}

    return values_of


def _plain(column: AnyColumn) -> Any:
    """What a writer takes: an array, or a list where there are texts and nulls."""
    if isinstance(column, Text):
        return [column[row] for row in range(len(column))]
    if isinstance(column, Sparse):
        column = column.dense()
    if isinstance(column, Dense):
        return column.values
    if column.valid is None:
        return column.values
    return [value if valid else None for value, valid in zip(column.values.tolist(), column.valid, strict=True)]
