"""requests/: the test rows as an endpoint takes them, whatever form the raw ones had."""

from __future__ import annotations

import csv
import io
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from job_cases import COLUMNS, Job, rows

from pipeline.schema.contract import Column, Schema
from pipeline.scoring.load import load_parts
from pipeline.scoring.scorer import Scorer
from pipeline.serving.endpoint import Endpoint
from pipeline.serving.settings import Settings
from spark_jobs import writing


@pytest.fixture
def job(spark: Any, tmp_path: Path) -> Job:
    return Job(spark, tmp_path)


def cells(lines: list[str], delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))


def answered(job: Job) -> int:
    """How many rows of requests/ the endpoint of the job's own bundle answers."""
    endpoint = Endpoint(Scorer(load_parts(job.output / "model.tar.gz")), Settings())
    body = ("\n".join(job.lines("requests")) + "\n").encode()
    return len(endpoint.invoke(body, "text/csv", "text/csv").body.splitlines())


def test_they_are_the_features_of_the_test_rows_in_order(job: Job) -> None:
    summary = job.run(job.input("\n".join(rows(300))), "--requests")
    assert len(job.lines("requests")) == summary["splits"]["test"]
    assert cells(job.lines("requests")) == [row[:4] for row in cells(job.lines("test"))]
    assert answered(job) == summary["splits"]["test"]


def test_without_the_option_there_are_none(job: Job) -> None:
    job.run(job.input("\n".join(rows(100))))
    assert not (job.output / "requests").exists()


def test_a_header_other_delimiters_and_quoted_rows_are_left_behind(job: Job, tmp_path: Path) -> None:
    raw = [row.replace('"a,b"', "a b").replace('"say ""hi"""', "hi") for row in rows(200)]
    job.run(job.input("\n".join(raw)), "--requests")
    plain = sorted(job.lines("requests"))
    forms = {
        "header": ("kind,size,count,new,price\n" + "\n".join(raw), ["--header"]),
        "semicolons": ("\n".join(row.replace(",", ";") for row in raw), ["--delimiter", ";"]),
        "quoted": ("\n".join(f'"{row}"' for row in raw), ["--quoted-rows", "unwrap"]),
    }
    for name, (content, options) in forms.items():
        job.output = tmp_path / name
        summary = job.run(job.input(content, f"{name}.csv"), "--requests", *options)
        assert answered(job) == summary["splits"]["test"] == len(job.lines("requests"))
        assert set(map(len, cells(job.lines("requests")))) == {4}
        assert set(job.lines("requests")) <= {row.rpartition(",")[0] for row in raw}
    assert set(plain) <= {row.rpartition(",")[0] for row in raw}


def test_spaces_and_quotes_of_a_text_stay(job: Job) -> None:
    kinds = (" left", "right ", '"""both"""', "\ttab")
    raw = [f"{kinds[at % 4]},{at},1,true,{at}" for at in range(120)]
    job.run(job.input("\n".join(raw)), "--requests")
    assert {row[0] for row in cells(job.lines("requests"))} <= {" left", "right ", '"both"', "\ttab"}
    assert " left" in {row[0] for row in cells(job.lines("requests"))}


def test_json_and_parquet_become_csv_too(job: Job, tmp_path: Path) -> None:
    names = [column["name"] for column in COLUMNS]
    values = [["größe" if at % 2 else "a,b", at / 8, None if at % 5 == 0 else at, at % 3 == 0, at] for at in range(200)]
    lines = "\n".join(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in values)
    summary = job.run(job.input(lines, "rows.jsonl"), "--requests", "--format", "json")
    assert answered(job) == summary["splits"]["test"]
    kinds = (pa.string(), pa.float64(), pa.int32(), pa.bool_(), pa.float64())
    table = pa.table(
        {
            name: pa.array([row[at] for row in values], kind)
            for at, (name, kind) in enumerate(zip(names, kinds, strict=True))
        }
    )
    (tmp_path / "parquet").mkdir()
    pq.write_table(table, tmp_path / "parquet" / "rows.parquet")
    job.output = tmp_path / "from-parquet"
    summary = job.run(tmp_path / "parquet", "--requests", "--format", "parquet")
    assert answered(job) == summary["splits"]["test"]


def test_a_vector_is_no_cell(tmp_path: Path) -> None:
    schema = Schema((Column("v", "double", struct="vector"), Column("y", "double", label=True)))
    writing.requests(None, schema, Namespace(output=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []
