"""The columns that are asked for, in any format."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost
from batch_cases import CONTRACT, FEATURES, booster_of, made_rows, matrix, read, write
from model_cases import files_of

from pipeline.batch.score import score
from pipeline.errors import ConfigError, DataError
from pipeline.operators.base import Node, Shape
from pipeline.operators.features.one_hot_encoder import OneHotEncoder
from pipeline.operators.values import to_json
from pipeline.packaging.archives import sparkml_archive
from pipeline.schema.contract import Column, Schema
from pipeline.scoring.arrow import VECTOR_UDT

ROWS = made_rows(30)
NAMES = ["y", "features", "predicted_label", "word", "probabilities", "index", "id"]


def expected() -> list[dict[str, Any]]:
    positive = booster_of("binary").predict(xgboost.DMatrix(matrix(ROWS))).astype(float)
    return [
        {
            "y": row["y"],
            "features": [None if np.isnan(value) else value for value in vector],
            "predicted_label": int(probability > 0.5),
            "word": row["word"],
            "probabilities": [1 - probability, probability],
            "index": vector[0],
            "id": row["id"],
        }
        for row, vector, probability in zip(ROWS, matrix(ROWS).tolist(), positive, strict=True)
    ]


def without_nan(vector: list[Any]) -> list[Any]:
    return [None if value == "NaN" or np.isnan(value) else value for value in vector]


def test_as_parquet(model: Callable[[str], Path], tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS, CONTRACT.names)
    score(model("binary"), source, tmp_path / "out.parquet", output_columns=NAMES)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.schema.names == NAMES
    assert table.schema.field("features").type == pa.list_(pa.float64(), 4)
    assert [{**row, "features": without_nan(row["features"])} for row in table.to_pylist()] == expected()


def test_as_json_lines(model: Callable[[str], Path], tmp_path: Path) -> None:
    source = write(tmp_path / "in.parquet", ROWS, CONTRACT.names)
    score(model("binary"), source, tmp_path / "out.jsonl", output_columns=NAMES)
    lines = [json.loads(line) for line in read(tmp_path / "out.jsonl").splitlines()]
    assert [list(line) for line in lines] == [NAMES] * len(ROWS)
    assert [{**line, "features": without_nan(line["features"])} for line in lines] == expected()


def test_as_csv(model: Callable[[str], Path], tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ROWS, CONTRACT.names)
    score(model("binary"), source, tmp_path / "out.csv", output_columns=NAMES)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as stream:
        lines = [dict(zip(NAMES, line, strict=True)) for line in csv.reader(stream)]
    for line, row in zip(lines, expected(), strict=True):
        assert without_nan(json.loads(line["features"])) == row["features"]
        assert json.loads(line["probabilities"]) == row["probabilities"]
        assert line["word"] == (row["word"] or "")
        assert (line["y"], line["id"], line["predicted_label"]) == (
            str(row["y"]),
            row["id"],
            str(row["predicted_label"]),
        )
        assert float(line["index"]) == row["index"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_label_that_is_asked_for_must_be_there(suffix: str, regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / f"in.{suffix}", ROWS, FEATURES.names)
    with pytest.raises(DataError, match="'y'"):
        score(regression, source, tmp_path / "out.csv", output_columns=["y", "score"])


def test_a_nullable_column_keeps_its_type_where_all_are_null(regression: Path, tmp_path: Path) -> None:
    rows = [{**row, "word": None, "n": None} for row in ROWS] + ROWS
    source = write(tmp_path / "in.csv", rows)
    score(regression, source, tmp_path / "out.parquet", output_columns=["n", "word"])
    table = pq.read_table(tmp_path / "out.parquet")
    assert [field.type for field in table.schema] == [pa.int64(), pa.string()]
    assert table["word"].to_pylist() == [row["word"] for row in rows]


def test_an_output_that_the_objective_lacks(regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS)
    with pytest.raises(ConfigError) as caught:
        score(regression, source, tmp_path / "out.csv", output_columns=["x", "probability"])
    assert "'probability' is no output of a model with objective reg:squarederror" in caught.value.message
    assert "word" in str(caught.value.hint)


def test_a_wide_vector_stays_sparse_in_parquet(tmp_path: Path) -> None:
    contract = Schema((Column("category", "double"),))
    encoder = OneHotEncoder([5000], True, "error")
    nodes = [Node("hot", encoder, Shape({"input0": "category"}, {"output0": "features"}))]
    files = {**files_of(nodes), "schema.json": to_json(contract.to_dict()).encode()}
    bundle = sparkml_archive(files, tmp_path / "bundle.tar.gz")
    (tmp_path / "in.csv").write_text("4000\n4999\n")
    score(bundle, tmp_path / "in.csv", tmp_path / "out.parquet")
    vectors = pq.read_table(tmp_path / "out.parquet")["features"]
    assert vectors.type == VECTOR_UDT
    assert [(vector["size"], vector["indices"]) for vector in vectors.to_pylist()] == [(4999, [4000]), (4999, [])]
    score(bundle, tmp_path / "in.csv", tmp_path / "out.csv")
    cells = [line.split(",") for line in (tmp_path / "out.csv").read_text().splitlines()]
    assert [[at for at, cell in enumerate(line) if cell != "0.0"] for line in cells] == [[4000], []]
    assert [len(line) for line in cells] == [4999, 4999]
