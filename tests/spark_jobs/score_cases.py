"""A model over text and numbers that may be null, rows for it, and both ways to score them."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from model_cases import files_of, raw, train

from pipeline.batch.score import score
from pipeline.data.csv import CsvOptions
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.packaging.archives import fused_archive
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.manifest import Manifest
from spark_jobs import batch_score

WORDS = ("red", "größe", "😀", 'the "best", they say')
CONTRACT = Schema(
    (
        Column("id", "long", ignore=True),
        Column("word", "string", nullable=True),
        Column("x", "double"),
        Column("y", "long", label=True),
        Column("n", "long", nullable=True),
    )
)
OBJECTIVES: dict[str, dict[str, Any]] = {
    "regression": {"objective": "reg:squarederror"},
    "binary": {"objective": "binary:logistic"},
    "multi": {"objective": "multi:softprob", "num_class": 3},
}
OUTPUTS: dict[str, dict[str, Any]] = {
    "regression": {},
    "binary": {"output": ("predicted_label", "probability"), "classes": ("no", "größe")},
    "multi": {"output": ("predicted_label", "probabilities", "labels"), "classes": ("a", "b", "c")},
}
Row = dict[str, Any]


def made_rows(count: int, seed: int = 0) -> list[Row]:
    """Rows of the contract; text and counts are null here and there."""
    random = np.random.default_rng(seed)
    return [
        {
            "id": at,
            "word": None if at % 7 == 3 else WORDS[random.integers(len(WORDS))],
            "x": float(random.normal()),
            "y": int(random.integers(30)),
            "n": None if at % 5 == 2 else int(random.integers(-50, 50)),
        }
        for at in range(count)
    ]


@cache
def _booster(kind: str) -> bytes:
    random = np.random.default_rng(1)
    features = np.column_stack([random.integers(0, 5, 500), random.normal(size=500), random.integers(-50, 50, 500)])
    total = features.sum(axis=1)
    bounds = {"regression": [], "binary": [0.5], "multi": [0.3, 0.6]}[kind]
    label = np.digitize(total, np.quantile(total, bounds)) if bounds else total
    return raw(train(features, {**OBJECTIVES[kind], "eta": 0.9}, label=label))


def write_model(folder: Path, kind: str) -> Path:
    """A fused archive; word, x and n are its features, an unseen word is an index of its own."""
    ports = {f"input{place}": name for place, name in enumerate(("index", "x", "n"))}
    bundle = files_of(
        [
            Node("indexer", StringIndexer(WORDS, "keep"), Shape({"input": "word"}, {"output": "index"})),
            Node("assembler", VectorAssembler([1, 1, 1], "keep"), Shape(ports, {"output": "features"})),
        ]
    )
    manifest = Manifest(features="features", **OUTPUTS[kind])
    return fused_archive(bundle, _booster(kind), CONTRACT, manifest, folder / f"{kind}.tar.gz")


def write(path: Path, rows: list[Row], *, header: bool = False) -> Path:
    """Rows in the format of the name: CSV, JSON lines or Parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        text = io.StringIO()
        cells = [["" if row[name] is None else row[name] for name in CONTRACT.names] for row in rows]
        csv.writer(text, lineterminator="\n").writerows([CONTRACT.names, *cells] if header else cells)
        path.write_text(text.getvalue(), encoding="utf-8")
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    else:
        kinds = {"string": pa.string(), "double": pa.float64(), "long": pa.int64()}
        columns = {
            column.name: pa.array([row[column.name] for row in rows], kinds[column.type]) for column in CONTRACT.columns
        }
        pq.write_table(pa.table(columns), path, row_group_size=50)
    return path


def run(spark: Any, model: Path | str, source: Path | str, output: Path | str, *more: str) -> int:
    """The job; the input's format is what the first file's name says."""
    arguments = ["--model", str(model), "--input", str(source), "--output", str(output), *more]
    return batch_score.run(spark, batch_score.parser().parse_args(arguments))


def one_machine(model: Path, source: Path, output: Path, columns: tuple[str, ...], *, header: bool = False) -> Path:
    """The same by pipeline.batch."""
    score(model, source, output, output_columns=columns, options=CsvOptions(header=header))
    return output


def lines_of(output: Path) -> list[bytes]:
    """The lines of a folder of text."""
    return [line for part in sorted(output.glob("part-*")) for line in part.read_bytes().splitlines()]


def sorted_rows(path: Path) -> list[str]:
    """The rows of a Parquet file or folder by id, as text: numbers to the last bit, and NaN is NaN."""
    rows = pq.read_table(path).to_pylist()
    return [repr(row) for row in sorted(rows, key=lambda row: int(row["id"]))]
