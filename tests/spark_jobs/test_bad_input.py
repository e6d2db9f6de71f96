"""Input that does not fit its contract: a clear word with row and column, and nothing written."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from job_cases import Job, rows

from pipeline.errors import ConfigError, DataError, PipelineError, SchemaError

GOOD = rows(60)


@pytest.fixture
def job(spark: Any, tmp_path: Path) -> Job:
    return Job(spark, tmp_path)


def at_row_31(line: str) -> str:
    return "\n".join([*GOOD[:30], line, *GOOD[30:]]) + "\n"


@pytest.mark.parametrize(
    ("content", "words", "row", "column"),
    [
        (at_row_31("small,x,1,true,2"), "found 'x'; expected a number", 31, "size"),
        (at_row_31("small,1d,1,true,2"), "found '1d'", 31, "size"),
        (at_row_31("small,1e999,1,true,2"), "found '1e999'", 31, "size"),
        (at_row_31("small,1,1.5,true,2"), "expected a whole number of type int", 31, "count"),
        (at_row_31("small,1,3000000000,true,2"), "-2147483648 to 2147483647", 31, "count"),
        (at_row_31("small,1,2,yes,2"), "found 'yes'; expected true or false", 31, "new"),
        (at_row_31(",1,2,true,2"), "the value is missing; expected text", 31, "kind"),
        (at_row_31("small,,2,true,2"), "the value is missing", 31, "size"),
        (at_row_31("small,1,2,true"), "4 values; expected 5: kind, size, count, new, price", 31, None),
        (at_row_31("small,1,2,true,2,9"), "6 values; expected 5", 31, None),
        (at_row_31("small;1;2;true;2"), "delimited by ';'", 31, None),
        (at_row_31('"small,1,2,true,2"'), "whole row stands in quotes", 31, None),
        (at_row_31('"small,1,2,true,2'), "expected 5", 31, None),
        ("kind,size,count,new,price\n" + "\n".join(GOOD), "looks like a header row", 1, "size"),
        ("\n".join(f'"{row}"' for row in ["a,1,2,true,3"] * 9), "data.csv.quoted_rows: unwrap", 1, None),
        ("\n".join(f'""{row}""' for row in ["a,1,2,true,3"] * 9), "a quote is left over", 1, "price"),
        (("\n".join(GOOD) + "\n").encode() + b"caf\xe9,1,2,true,2\n", "not UTF-8", 61, None),
        ("\n".join(GOOD).encode("utf-16"), "UTF-8", None, None),
        (gzip.compress(b"a,1,1,true,1\n", mtime=0), "compressed by gzip", None, None),
        ("", "is empty", None, None),
        ("\n \n", "is empty", None, None),
        ("\n".join(f"a,{at},,true,{at}" for at in range(50)), "every value is missing", None, "count"),
        ("\n".join(f"a,{at},1,true,7" for at in range(50)), "the label is the same in every row", None, "price"),
        ("a,1,1,true,1\nb,2,2,false,2", "split is empty", None, None),
    ],
)
def test_what_does_not_fit_is_said_with_its_place(
    job: Job, content: str | bytes, words: str, row: int | None, column: str | None
) -> None:
    with pytest.raises(DataError) as caught:
        job.run(job.input(content))
    assert words in str(caught.value)
    assert caught.value.row == row or row is None
    assert caught.value.column == column
    assert not job.output.exists()


def test_a_bad_row_of_many_columns_is_found_without_many_parsers(job: Job) -> None:
    names = [f"c{at}" for at in range(80)]
    job.schema({"columns": [{"name": name, "type": "int", "label": name == "c0"} for name in names]})
    lines = [f'"{",".join([str(at % 2), *["0"] * 79])}"' for at in range(40)]
    lines[20] = f'"{",".join(["1", "many", *["0"] * 78])}"'
    with pytest.raises(DataError, match="row 21, column 'c1': found 'many'"):
        job.run(job.input("\n".join(lines)), "--quoted-rows", "unwrap")


def test_the_first_of_several_bad_rows_is_named_across_partitions(job: Job) -> None:
    lines = rows(4000)
    for at in (3500, 1200, 2900):
        lines[at] = "bad,x,1,true,2"
    job.spark.conf.set("spark.sql.files.maxPartitionBytes", "20000")
    try:
        with pytest.raises(DataError) as caught:
            job.run(job.input("\n".join(lines)))
    finally:
        job.spark.conf.unset("spark.sql.files.maxPartitionBytes")
    assert caught.value.row == 1201
    assert caught.value.source == "rows.csv"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("kind,size,count,new", "lacks column 'price'"),
        ("kind,size,count,new,price,extra", "has column 'extra'"),
        ("kind,size,count,new,new", "has column 'new' twice"),
        ("kind;size;count;new;price", "delimited by ';'"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(job: Job, header: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        job.run(job.input("\n".join([header, *GOOD])), "--header")
    assert words in str(caught.value)


def test_a_second_header_line_is_not_dropped_in_silence(job: Job) -> None:
    header = "kind,size,count,new,price"
    with pytest.raises(DataError, match="the header line stands 2 times"):
        job.run(job.input("\n".join([header, *GOOD, header])), "--header")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"kind": "a"', "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('{"kind": "a", "size": 1, "count": 2, "new": true}', "column 'price' is missing"),
        (
            '{"kind": "a", "size": 1, "count": 2, "new": true, "price": 1, "x": 1}',
            "a column that the schema does not know",
        ),
        ('{"kind": "a", "size": "x", "count": 2, "new": true, "price": 1}', "found 'x'"),
    ],
)
def test_json_that_does_not_fit_is_refused(job: Job, line: str, words: str) -> None:
    good = '{"kind": "a", "size": 1.5, "count": null, "new": true, "price": 1}'
    with pytest.raises(DataError) as caught:
        job.run(job.input("\n".join([good] * 5 + [line]), "rows.jsonl"), "--format", "json")
    assert words in str(caught.value)
    assert caught.value.row == 6


def test_a_missing_file_is_named(job: Job, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        job.run(tmp_path / "nowhere.csv")


@pytest.mark.parametrize("weights", ["1,2", "a,b,c", "0.5,0.6,0.1", "0,0.5,0.5", "-1,1,1"])
def test_weights_that_are_none_are_refused(job: Job, weights: str) -> None:
    with pytest.raises(ConfigError, match="three weights"):
        job.run(job.input("\n".join(GOOD)), f"--split={weights}")


def test_a_label_must_be_there(job: Job) -> None:
    job.schema({"columns": [{"name": "x", "type": "double"}]})
    with pytest.raises(SchemaError, match="no label"):
        job.run(job.input("1\n2\n"))
    with pytest.raises(SchemaError, match="no column 'y'"):
        job.run(job.input("1\n2\n"), "--label", "y")


def test_a_class_that_the_contract_does_not_name_is_refused(job: Job) -> None:
    label = {"name": "y", "type": "string", "label": True, "classes": ["a", "b"]}
    job.schema({"columns": [{"name": "x", "type": "double"}, label]})
    with pytest.raises(DataError, match=r"column 'y': found 'c'; expected one of a, b"):
        job.run(job.input("\n".join(f"{at},{'abc'[at % 3]}" for at in range(30))))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "has no function 'build'"),
        ("import nowhere", "nowhere"),
        ("def build(schema):\n    return 1", "returned int, not a Spark ML Pipeline"),
        (
            "from pyspark.ml import Pipeline\n"
            "from pyspark.ml.feature import VectorAssembler\n"
            "def build(schema):\n"
            "    return Pipeline(stages=[VectorAssembler(inputCols=['size'], outputCol='v')])",
            "makes no column 'features'; it makes v",
        ),
        (
            "from pyspark.ml import Pipeline\n"
            "from pyspark.ml.feature import VectorAssembler\n"
            "def build(schema):\n"
            "    return Pipeline(stages=[VectorAssembler(inputCols=['nope'], outputCol='features')])",
            "does not fit",
        ),
    ],
)
def test_a_feature_function_that_does_not_work_is_explained(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    name = f"own_features_{abs(hash(source))}"
    (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PipelineError) as caught:
        job.run(job.input("\n".join(GOOD)), "--features", f"{name}:build")
    assert words in str(caught.value)


def test_a_category_that_only_the_test_split_has_is_named_with_its_row(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "strict_features.py").write_text(
        "from pyspark.ml import Pipeline\n"
        "from pyspark.ml.feature import StringIndexer, VectorAssembler\n"
        "def build(schema):\n"
        "    index = StringIndexer(inputCol='kind', outputCol='index')\n"
        "    inner = Pipeline(stages=[index])\n"
        "    return Pipeline(stages=[inner, VectorAssembler(inputCols=['index', 'size'], outputCol='features')])",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    raw = [f"kind{at}," + row.rsplit(",", 4)[1] + ",1,true," + str(at) for at, row in enumerate(rows(60))]
    with pytest.raises(DataError) as caught:
        job.run(job.input("\n".join(raw)), "--features", "strict_features:build")
    error = caught.value
    assert error.column == "kind"
    assert f"row {error.row}, column 'kind': found 'kind{error.row - 1}', a category that the train" in str(error)  # type: ignore[operator]
