"""From a CSV file to a contract and a pipeline file: read it all once, decide column by column, write both."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.data.csv import line_blocks
from pipeline.errors import DataError
from pipeline.init.columns import feature_column
from pipeline.init.dialect import Dialect, detect
from pipeline.init.files import check_targets, write_files
from pipeline.init.label import infer_target
from pipeline.init.names import check_names, label_place, pipeline_name
from pipeline.init.notes import Note, sentences
from pipeline.init.pipeline_file import Drawn
from pipeline.init.profile import ColumnProfile
from pipeline.init.reading import profile_columns
from pipeline.init.source import open_csv
from pipeline.schema import Schema

# Fewer rows may leave a split empty.
_FEW_ROWS = 100


@dataclass(frozen=True)
class InitResult:
    """What was drawn, where it stands, and what was found that should be looked at, warnings first."""

    schema: Schema
    config_path: Path
    schema_path: Path
    notes: list[str]


def init(
    data: Path,
    *,
    label: str | None,
    output: Path,
    name: str | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    force: bool = False,
) -> InitResult:
    """Writes schema.json and pipeline.yml for a CSV file into a folder, ready to run.

    The file is read whole, as a stream. `label` is a column's name or place (from 0, -1 the last); a headerless file's
    columns are called c0, c1, ... `header` and `delimiter` are found out where they are None. Both files appear or
    neither; one that is there is kept unless `force`. Raises DataError for data that cannot be learned from,
    ConfigError for an argument that does not fit.
    """
    check_targets(output, force=force)
    called = pipeline_name(name, data)
    with open_csv(data) as stream:
        # Two blocks: where a quote is left open, the first one ends before it.
        start = b"".join(islice(line_blocks(stream), 2))
        dialect = detect(start, header=header, delimiter=delimiter)
        check_names(dialect.names)
        place = label_place(label, dialect.names)
        stream.seek(0)
        profiles = profile_columns(stream, dialect.names, dialect.options, place)
    drawn = _draw(profiles, place, dialect, called, data)
    schema_path, config_path = write_files(output, drawn)
    return InitResult(drawn.schema, config_path, schema_path, sentences(drawn.notes))


def _draw(profiles: list[ColumnProfile], place: int, dialect: Dialect, name: str, data: Path) -> Drawn:
    target = infer_target(profiles[place])
    rows = profiles[place].rows
    notes = [*_file_notes(dialect, rows), *target.notes]
    columns = []
    for at, profile in enumerate(profiles):
        column, found = (target.column, []) if at == place else feature_column(profile)
        columns.append(column)
        notes += found
    schema = Schema(tuple(columns), name=name, description=f"Drawn from {data.name}: {rows:,} rows")
    if not schema.features:
        raise DataError("no column is left to make features of: " + "; ".join(sentences(notes)))
    return Drawn(name, data, rows, dialect.options, schema, target, notes)


def _file_notes(dialect: Dialect, rows: int) -> list[Note]:
    notes = []
    if not dialect.options.header:
        last = dialect.names[-1]
        notes.append(Note(f"the first line holds values, so columns are called c0 to {last}; else: --header"))
    elif not dialect.sure:
        notes.append(Note("the first line is taken for names, though all is text; else: --no-header", warning=True))
    if dialect.options.unwrap_rows:
        notes.append(Note("rows that stand in quotes as a whole are read without them: data.csv.quoted_rows: unwrap"))
    if rows < _FEW_ROWS:
        notes.append(Note(f"{rows} rows are few: a split may stay empty; data.split has its weights", warning=True))
    return notes
