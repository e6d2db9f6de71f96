"""The text of the pipeline file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.data.csv import CsvOptions
from pipeline.init.label import Target
from pipeline.init.notes import Note, sentences
from pipeline.schema import Schema

SCHEMA_FILE = "schema.json"
# With so many steps up to a common folder, a relative path is no clearer.
_FAR = 3
_ROUNDS, _FEWEST_ROUNDS, _FULL_ROUNDS_CLASSES = 300, 30, 10


@dataclass(frozen=True)
class Drawn:
    """All that the files say."""

    name: str
    data: Path
    rows: int
    options: CsvOptions
    schema: Schema
    target: Target
    notes: list[Note]


def pipeline_text(drawn: Drawn, output: Path) -> str:
    """The pipeline file, with comments that say what was found and what each part does."""
    label = drawn.target.column
    lines = [
        f"# Drawn from {drawn.data.name!r}: {drawn.rows:,} rows, {len(drawn.schema.columns):,} columns, "
        f"{len(drawn.schema.features):,} of them features.",
        *_comments("To look at before the first run:", [note for note in drawn.notes if note.warning]),
        *_comments("Found on the way:", [note for note in drawn.notes if not note.warning]),
        "",
        f"name: {_yaml(drawn.name)}",
        f"description: {_yaml(f'Predicts {label.name} from the other columns of {drawn.data.name}')}",
        "",
        "data:",
        f"  schema: {SCHEMA_FILE}  # the data contract: names, types, the label, what is set aside",
        f"  location: {_yaml(_location(drawn.data, output))}",
        *_csv_lines(drawn.options),
        "  # By a hash of each row: the same row always falls into the same split.",
        "  split: {train: 0.8, validation: 0.1, test: 0.1, seed: 42}",
        "",
        "features:",
        "  # Text one-hot, missing numbers by their median. For features of your own write MODULE:FUNCTION:",
        "  # a module beside this file, a function that takes the schema and returns a Spark ML Pipeline.",
        "  pipeline: auto",
        "",
        "training:",
        "  # By the names of SageMaker's built-in XGBoost.",
        "  hyperparameters:",
        *(f"    {line}" for line in _hyperparameters(drawn.target)),
        *_inference_lines(drawn.target),
    ]
    return "\n".join(lines) + "\n"


def _comments(title: str, notes: list[Note]) -> list[str]:
    return ["#", f"# {title}", *(f"# - {line}" for line in sentences(notes))] if notes else []


def _csv_lines(options: CsvOptions) -> list[str]:
    lines = [
        "  csv:",
        f"    delimiter: {_yaml(options.delimiter)}",
        f"    header: {_yaml(options.header)}"
        + ("" if options.header else "  # the schema names the columns, in order"),
    ]
    if options.unwrap_rows:
        lines.append("    quoted_rows: unwrap  # a row that stands in quotes as a whole is read without them")
    return lines


def _hyperparameters(target: Target) -> list[str]:
    # Each round grows a tree for each class.
    rounds = max(_FEWEST_ROUNDS, _ROUNDS * _FULL_ROUNDS_CLASSES // max(target.num_class or 1, _FULL_ROUNDS_CLASSES))
    return [
        f"objective: {target.objective}  # {target.column.name!r} is {target.meaning}",
        *([f"num_class: {target.num_class}"] if target.num_class else []),
        f"num_round: {rounds}  # at most",
        "early_stopping_rounds: 10  # the end, once the validation split gets no better in so many rounds",
        "eta: 0.1  # how far each round goes; less is slower and often better",
        "max_depth: 5",
        "min_child_weight: 1",
        "subsample: 0.8",
        "colsample_bytree: 0.8",
    ]


def _inference_lines(target: Target) -> list[str]:
    if target.column.classes is None:
        return []
    return [
        "",
        "inference:",
        "  # What a prediction says: the name of the class, and its probability"
        + (f", which is that of {target.column.classes[1]!r}." if target.num_class is None else "."),
        "  output: [predicted_label, probability]",
    ]


def _location(data: Path, output: Path) -> str:
    """The file's path from the folder that the pipeline file will be in, or an absolute one where it is far."""
    folder, absolute = output.resolve(), data.parent.resolve() / data.name
    relative = Path(os.path.relpath(absolute, folder))
    is_far = relative.parts.count("..") >= _FAR or os.path.commonpath((folder, absolute)) == absolute.root
    return str(absolute if is_far else relative)


def _yaml(value: Any) -> str:
    """A scalar as YAML writes it on one line."""
    text: str = yaml.safe_dump(value, allow_unicode=True, width=1 << 30)
    return text.removesuffix("...\n").strip("\n")
