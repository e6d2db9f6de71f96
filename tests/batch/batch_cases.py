"""A model over every kind of column, its rows, and what XGBoost itself says of them."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from model_cases import files_of, raw, train

from pipeline.operators.base import Node, Shape
from pipeline.operators.features.string_indexer import StringIndexer
from pipeline.operators.features.vector_assembler import VectorAssembler
from pipeline.operators.values import to_json
from pipeline.packaging.archives import fused_archive, sparkml_archive
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.manifest import Manifest

WORDS = ("red", "größe", "😀", 'the "best", they say', "two\nlines")
CONTRACT = Schema(
    (
        Column("id", "string", ignore=True),
        Column("word", "string", nullable=True),
        Column("x", "double", nullable=True),
        Column("y", "long", label=True),
        Column("n", "long", nullable=True),
        Column("flag", "boolean", nullable=True),
    )
)
FEATURES = CONTRACT.for_requests()
OBJECTIVES: dict[str, dict[str, Any]] = {
    "regression": {"objective": "reg:squarederror"},
    "binary": {"objective": "binary:logistic"},
    "multi": {"objective": "multi:softprob", "num_class": 3},
}

Row = dict[str, Any]


def bundle() -> dict[str, bytes]:
    """word, x, n and flag become `index` and `features` of four values; an unseen word is the last index."""
    ports = {f"input{place}": name for place, name in enumerate(("index", "x", "n", "flag"))}
    return files_of(
        [
            Node("indexer", StringIndexer(WORDS, "keep"), Shape({"input": "word"}, {"output": "index"})),
            Node("assembler", VectorAssembler([1, 1, 1, 1], "keep"), Shape(ports, {"output": "features"})),
        ]
    )


def matrix(rows: Sequence[Row]) -> Any:
    """The features of rows, made apart from the scorer."""

    def number(value: Any) -> float:
        return np.nan if value is None else float(value)

    words = [WORDS.index(row["word"]) if row["word"] in WORDS else len(WORDS) for row in rows]
    numbers = [[number(row[name]) for name in ("x", "n", "flag")] for row in rows]
    return np.column_stack([np.array(words, dtype=float), np.array(numbers)])


def made_rows(count: int, seed: int = 0) -> list[Row]:
    """Rows of the contract, some of them with nulls."""
    random = np.random.default_rng(seed)
    rows = [
        {
            "id": f"row {at}",
            "word": WORDS[random.integers(len(WORDS))],
            "x": float(random.normal()),
            "y": int(random.integers(30)),
            "n": int(random.integers(-50, 50)),
            "flag": bool(random.integers(2)),
        }
        for at in range(count)
    ]
    for row in rows[::7]:
        row[("word", "x", "n", "flag")[random.integers(4)]] = None
    return rows


@cache
def booster_of(kind: str) -> Any:
    """An `xgboost.Booster` of one of OBJECTIVES."""
    features = matrix(made_rows(500, seed=1))
    target = np.nan_to_num(features).sum(axis=1)
    if kind != "regression":
        target = np.digitize(target, np.quantile(target, [0.3, 0.6])) if kind == "multi" else target > 3
    # High enough a rate makes some probabilities tiny.
    return train(features, {**OBJECTIVES[kind], "eta": 0.9}, label=target, rounds=12)


def write_model(folder: Path, kind: str, **manifest: Any) -> Path:
    """A fused archive."""
    path = folder / f"{kind}.tar.gz"
    return fused_archive(bundle(), raw(booster_of(kind)), CONTRACT, Manifest(features="features", **manifest), path)


def write_bundle(folder: Path) -> Path:
    """The bundle alone, with its contract."""
    return sparkml_archive({**bundle(), "schema.json": to_json(CONTRACT.to_dict()).encode()}, folder / "bundle.tar.gz")


def csv_of(rows: Sequence[Row], names: Sequence[str], header: bool = False, delimiter: str = ",") -> bytes:
    """Rows as CSV: null is empty, the empty text is in quotes."""

    def cell(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str):
            return str(value).lower() if isinstance(value, bool) else repr(value)
        plain = value and not set(value) & {'"', "\r", "\n", delimiter}
        return value if plain else '"' + value.replace('"', '""') + '"'

    lines = [delimiter.join(names)] if header else []
    lines += [delimiter.join(cell(row[name]) for name in names) for row in rows]
    return "".join(line + "\n" for line in lines).encode()


def json_of(rows: Sequence[Row], names: Sequence[str], *, wrapped: bool = False) -> bytes:
    """Rows as JSON lines: objects, or {"data": [...]}."""
    documents = [
        {"data": [row[name] for name in names]} if wrapped else {name: row[name] for name in names} for row in rows
    ]
    return b"".join(orjson.dumps(document) + b"\n" for document in documents)


def parquet_of(rows: Sequence[Row], names: Sequence[str]) -> bytes:
    """Rows as Parquet, in the contract's types."""
    kinds = {"string": pa.string(), "double": pa.float64(), "long": pa.int64(), "boolean": pa.bool_()}
    arrays = [pa.array([row[name] for row in rows], kinds[CONTRACT[name].type]) for name in names]
    stream = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(names)), stream, row_group_size=50)
    return stream.getvalue()


def write(path: Path, rows: Sequence[Row], names: Sequence[str] = tuple(FEATURES.names), **options: Any) -> Path:
    """Rows in the format of the path's name."""
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    content = {".csv": csv_of, ".jsonl": json_of, ".parquet": parquet_of}[suffix](rows, names, **options)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def read(path: Path) -> bytes:
    """A text file's content, unpacked."""
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def scores(path: Path) -> Any:
    """The column `score` of an output as float32."""
    if path.suffix == ".parquet":
        column = pq.read_table(path)["score"].combine_chunks()
        flat = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
        return flat.to_numpy().reshape(len(column), -1).squeeze()
    if ".jsonl" in path.suffixes:
        return np.array([orjson.loads(line)["score"] for line in read(path).splitlines()]).astype(np.float32)
    lines = list(csv.reader(io.StringIO(read(path).decode())))
    return np.array(lines, dtype=np.float64).astype(np.float32).squeeze()
