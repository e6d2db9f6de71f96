"""The processing job: splits, formats, features and what it says of itself."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from job_cases import COLUMNS, Job, rows

from pipeline.scoring import Scorer
from pipeline.scoring.arrow import from_arrow
from pipeline.verification.compare import differences, matrix

SPLITS = ("train", "validation", "test")


@pytest.fixture
def job(spark: Any, tmp_path: Path) -> Job:
    return Job(spark, tmp_path)


def numbers(lines: list[str]) -> np.ndarray:
    return np.array([[float(cell) for cell in line.split(",")] for line in lines])


def test_the_three_splits_hold_every_row_once_and_the_test_rows_untouched(job: Job) -> None:
    raw = rows(300)
    summary = job.run(job.input("\n".join(raw) + "\n"), "--verify-rows", "1000")
    assert summary["rows"] == 300
    assert sum(summary["splits"].values()) == 300
    test = job.lines("test")
    assert set(test) <= set(raw)
    assert len(test) == summary["splits"]["test"] == pq.read_table(job.output / "verification").num_rows
    assert len(job.lines("train")) == summary["splits"]["train"]
    assert len(job.lines("validation")) == summary["splits"]["validation"]
    labels = numbers([*job.lines("train"), *job.lines("validation")])[:, 0]
    expected = [float(row.rsplit(",", 1)[1]) for row in raw if row not in set(test)]
    assert sorted(labels.tolist()) == sorted(expected)


def test_a_row_falls_alike_whatever_the_files_order_and_number(job: Job, tmp_path: Path) -> None:
    raw = rows(200)
    job.run(job.input("\n".join(raw)))
    first = {split: sorted(job.lines(split)) for split in SPLITS}
    job.output = tmp_path / "again"
    for part in range(4):
        job.input("\r\n".join(reversed(raw[part::4])) + "\n\n", f"parts/{part}.csv")
    job.run(tmp_path / "parts")
    assert sorted(job.lines("test")) == first["test"]
    # Another order may order equally frequent categories differently: labels alone are compared.
    for split in ("train", "validation"):
        assert sorted(numbers(job.lines(split))[:, 0]) == sorted(numbers(first[split])[:, 0])
    job.output = tmp_path / "seed"
    job.run(tmp_path / "parts", "--seed", "43")
    assert sorted(job.lines("test")) != first["test"]


def test_what_spark_made_is_what_the_scorer_makes_of_the_bundle(job: Job) -> None:
    summary = job.run(job.input("\n".join(rows(300))), "--verify-rows", "1000")
    table = pq.read_table(job.output / "verification")
    scorer = Scorer.load(job.output / "model.tar.gz")
    spark = from_arrow(table["features"], "features")
    assert differences(matrix([spark]), matrix(scorer.features_of(table))) == 0  # type: ignore[list-item]
    assert summary["features"]["count"] == matrix([spark]).shape[1] == len(summary["features"]["names"])  # type: ignore[list-item]


def test_the_features_are_fitted_on_the_training_split_only(job: Job) -> None:
    summary = job.run(job.input("\n".join([*rows(300), "once,1,2,true,3"])), "--seed", "5")
    train_kinds = summary["features"]["names"]
    trained = any("once" in name for name in train_kinds)
    in_train = "once,1,2,true,3" not in job.lines("test") and 3.0 in numbers(job.lines("train"))[:, 0]
    assert trained <= in_train


def test_header_json_and_parquet_train_the_same_as_plain_csv(job: Job, tmp_path: Path) -> None:
    raw = rows(120)
    cells = list(csv.reader(raw))
    names = ["kind", "size", "count", "new", "price"]
    job.run(job.input("\n".join(raw)), "--split", "1,0,0")
    plain = sorted(job.lines("train"))

    job.output = tmp_path / "header"
    order = [4, 0, 2, 3, 1]
    with (tmp_path / "header.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([[row[at] for at in order] for row in [names, *cells]])
    job.run(tmp_path / "header.csv", "--header", "--split", "1,0,0")
    assert sorted(job.lines("train")) == plain

    def typed(row: list[str]) -> dict[str, Any]:
        count = int(row[2]) if row[2] else None
        return {"kind": row[0], "size": float(row[1]), "count": count, "new": row[3] == "true", "price": float(row[4])}

    job.output = tmp_path / "json"
    lines = "\n".join(json.dumps(typed(row), ensure_ascii=False) for row in cells)
    job.run(job.input(lines, "rows.jsonl"), "--format", "json", "--split", "1,0,0")
    assert sorted(job.lines("train")) == plain

    job.output = tmp_path / "parquet"
    kinds = "kind string, size double, count int, new boolean, price double"
    frame = job.spark.createDataFrame([tuple(typed(row).values()) for row in cells], kinds)
    frame.write.parquet(str(tmp_path / "rows.parquet"))
    job.run(tmp_path / "rows.parquet", "--format", "parquet", "--split", "1,0,0")
    assert sorted(job.lines("train")) == plain


def test_each_training_format_holds_the_same_numbers(job: Job, tmp_path: Path) -> None:
    path = job.input("\n".join(rows(120)))
    job.run(path, "--split", "1,0,0")
    expected = numbers(job.lines("train"))

    job.output = tmp_path / "parquet"
    job.run(path, "--split", "1,0,0", "--training-format", "parquet")
    table = pq.read_table(job.output / "train")
    assert table.column_names[0] == "label"
    assert np.array_equal(np.column_stack([column.to_numpy() for column in table.columns]), expected, equal_nan=True)

    job.output = tmp_path / "libsvm"
    summary = job.run(path, "--split", "1,0,0", "--training-format", "libsvm")
    assert summary["zeros_are_missing"]
    sparse = np.zeros_like(expected)
    for at, line in enumerate(job.lines("train")):
        label, *entries = line.split()
        sparse[at, 0] = float(label)
        for index, value in (entry.split(":") for entry in entries):
            assert float(value) != 0
            sparse[at, int(index) + 1] = float(value)
    assert np.array_equal(sparse, expected, equal_nan=True)


def test_channels_are_sharded_for_several_instances(job: Job) -> None:
    job.run(job.input("\n".join(rows(200))), "--shards", "4")
    files = sorted((job.output / "train").glob("part-*"))
    assert len(files) == 4
    assert all(file.stat().st_size for file in files)


@pytest.mark.parametrize(
    ("label", "values", "classes"),
    [
        ({"type": "string"}, ["no", "yes", "größe"], ["größe", "no", "yes"]),
        ({"type": "boolean"}, ["true", "False", "1"], ["false", "true"]),
        ({"type": "string", "classes": ["b", "a", "c"]}, ["a", "b", "c"], ["b", "a", "c"]),
    ],
)
def test_a_label_of_names_becomes_class_indices(
    job: Job, label: dict[str, Any], values: list[str], classes: list[str]
) -> None:
    job.schema({"columns": [{"name": "x", "type": "double"}, {"name": "y", "label": True, **label}]})
    raw = [f"{at},{values[at % 3]}" for at in range(90)]
    summary = job.run(job.input("\n".join(raw)), "--split", "1,0,0")
    assert summary["classes"] == classes
    words = {"true": "true", "1": "true", "False": "false"} if label["type"] == "boolean" else {}
    for index, x in numbers(job.lines("train")):
        value = values[int(x) % 3]
        assert classes[int(index)] == words.get(value, value)


def test_the_profile_counts_what_is_there(job: Job) -> None:
    raw = rows(140)
    columns = {entry["name"]: entry for entry in job.run(job.input("\n".join(raw)))["profile"]["columns"]}
    assert columns["count"]["nulls"] == 20
    assert dict(map(tuple, columns["kind"]["top"]))["größe"] == 28
    sizes = [float(row[1]) for row in csv.reader(raw)]
    assert columns["size"]["min"] == min(sizes)
    assert columns["size"]["mean"] == pytest.approx(np.mean(sizes))
    assert sum(columns["size"]["histogram"]["counts"]) == 140


def test_rows_in_quotes_are_unwrapped_where_that_is_asked_for(job: Job, tmp_path: Path) -> None:
    raw = rows(120)
    job.run(job.input("\n".join(raw)), "--split", "1,0,0")
    plain = sorted(job.lines("train"))
    job.output = tmp_path / "wrapped"
    wrapped = "\n".join('"' + row.replace('"', '""') + '"' for row in raw)
    job.run(job.input(wrapped), "--split", "1,0,0", "--quoted-rows", "unwrap")
    assert sorted(job.lines("train")) == plain
    job.output = tmp_path / "plain"
    job.run(job.input("\n".join(raw)), "--split", "1,0,0", "--quoted-rows", "unwrap")
    assert sorted(job.lines("train")) == plain


def test_columns_may_have_any_plain_name(job: Job) -> None:
    names = ["t0", "t1", "_line", "value", "label", "values", "x_index", "x", "_split"]
    kinds = {"x": "string"}
    columns = [{"name": name, "type": kinds.get(name, "double")} for name in names]
    job.schema({"columns": [*columns, {"name": "y", "type": "double", "label": True}]})
    raw = [f"{at},{at * 2},1,2,3,4,5,{'ab'[at % 2]},6,{at}" for at in range(60)]
    summary = job.run(job.input("\n".join(raw)), "--verify-rows", "100")
    assert summary["features"]["count"] == len(names) - 1 + 2


def test_abalone_is_read_to_the_last_row(job: Job, abalone_csv: Path) -> None:
    from tests_paths import ROOT

    job.schema(json.loads((ROOT / "schemas" / "abalone.json").read_text()))
    summary = job.run(abalone_csv)
    assert summary["rows"] == 4177
    assert set(job.lines("test")) <= set(abalone_csv.read_text().splitlines())


@pytest.mark.parametrize("module", ["auto", "dotted_features:build"])
def test_names_that_spark_ml_cannot_take_come_back_in_all_that_is_written(
    job: Job, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    names = ["sepal.length", "sepal_length", "the `kind`", "price.in.€"]
    types = ["double", "double", "string", "double"]
    columns = [{"name": name, "type": kind} for name, kind in zip(names, types, strict=True)]
    columns[-1]["label"] = True  # type: ignore[assignment]
    job.schema({"columns": columns})
    (job.folder / "dotted_features.py").write_text(
        "from pyspark.ml import Pipeline\n"
        "from pyspark.ml.feature import VectorAssembler\n"
        "def build(schema):\n"
        "    numbers = [column.name for column in schema.features if column.is_number]\n"
        "    return Pipeline(stages=[VectorAssembler(inputCols=numbers, outputCol='features')])\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(job.folder))
    lines = [f"{at / 7},{at % 5},{'ab'[at % 2]},{at}" for at in range(80)]
    job.run(job.input("\n".join([",".join(names), *lines])), "--header", "--features", module, "--verify-rows", "80")
    assert json.loads((job.output / "schema.json").read_text(encoding="utf-8"))["columns"][0]["name"] == names[0]
    assert job.lines("test")[0] == ",".join(names)
    table = pq.read_table(job.output / "verification")
    assert table.column_names == [*names, "features"]
    scorer = Scorer.load(job.output / "model.tar.gz")
    spark = from_arrow(table["features"], "features")
    assert differences(matrix([spark]), matrix(scorer.features_of(table))) == 0  # type: ignore[list-item]


def test_a_header_inside_the_quotes_of_its_row_is_read(job: Job) -> None:
    raw = [",".join(column["name"] for column in COLUMNS), *rows(60)]
    wrapped = ['"' + line.replace('"', '""') + '"' for line in raw]
    summary = job.run(job.input("\n".join(wrapped)), "--header", "--quoted-rows", "unwrap")
    assert summary["rows"] == 60
    test = job.lines("test")
    assert test[0] == raw[0]
    assert {tuple(row) for row in csv.reader(test[1:])} <= {tuple(row) for row in csv.reader(rows(60))}


def test_the_raw_test_rows_of_parquet_keep_the_label_as_it_came(job: Job, tmp_path: Path) -> None:
    job.schema({"columns": [{"name": "x", "type": "double"}, {"name": "kind", "type": "string", "label": True}]})
    rows_made = [(float(at), "ab"[at % 2]) for at in range(80)]
    job.spark.createDataFrame(rows_made, "x double, kind string").write.parquet(str(tmp_path / "rows.parquet"))
    summary = job.run(tmp_path / "rows.parquet", "--format", "parquet")
    test = pq.read_table(job.output / "test").to_pylist()
    assert len(test) == summary["splits"]["test"] > 0
    assert {(row["x"], row["kind"]) for row in test} <= set(rows_made)


def test_the_profile_of_many_rows_is_drawn_from_a_sample(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    from spark_jobs import profiling

    path = job.input("\n".join(rows(2000)))
    assert job.run(path)["profile"]["sampled"] is None
    job.output = job.folder / "sampled"
    monkeypatch.setattr(profiling, "SAMPLED", 500)
    profile = job.run(path)["profile"]
    columns = {column["name"]: column for column in profile["columns"]}
    assert profile["sampled"] == 500
    assert 400 < sum(columns["size"]["histogram"]["counts"]) < 600
    assert columns["size"]["count"] == 2000
    assert columns["size"]["max"] == 739.6
