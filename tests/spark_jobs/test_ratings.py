"""The ratings job: what it writes, that partitions do not matter, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.errors import ConfigError, DataError, SchemaError
from pipeline.evaluation.recommender import read_split
from pipeline.recordio import Rows
from spark_jobs import ratings, recording

pytestmark = pytest.mark.spark

COLUMNS = [
    {"name": "who", "type": "string"},
    {"name": "what", "type": "long"},
    {"name": "stars", "type": "double", "label": True},
    {"name": "when", "type": "long", "nullable": True, "ignore": True},
]
SPLITS = ("train", "validation", "test")


def job(spark: Any, folder: Path, lines: list[str], *arguments: str, columns: Any = COLUMNS) -> Path:
    """Runs the job on lines of CSV; returns its output."""
    (folder / "schema.json").write_text(json.dumps({"columns": columns}), encoding="utf-8")
    source = folder / "ratings.csv"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run(spark, folder, source, *arguments)


def run(spark: Any, folder: Path, source: Path, *arguments: str) -> Path:
    output = folder / f"out{len(list(folder.glob('out*')))}"
    base = ["--input", str(source), "--schema", str(folder / "schema.json"), "--output", str(output)]
    base += ["--customer", "who", "--item", "what", "--rating", "stars"]
    ratings.run(spark, ratings.parser().parse_args([*base, *arguments]))
    return output


def lines_of(count: int = 400, seed: int = 1) -> list[str]:
    """Ratings of 25 customers and 40 items, some of them rare, no pair twice."""
    chance = np.random.default_rng(seed)
    pairs = sorted({(int(25 * a**1.5), int(40 * b**2)) for a, b in chance.random((count * 3, 2))})
    chance.shuffle(pairs)
    return [f"größe{who},{what},{(who + what) % 9 / 2},{at or ''}" for at, (who, what) in enumerate(pairs[:count])]


def named(output: Path) -> tuple[dict[int, str], dict[int, str]]:
    tables = [pq.read_table(output / name).to_pydict() for name in ("customers", "items")]
    return tuple(dict(zip(table["index"], table["name"], strict=True)) for table in tables)  # type: ignore[return-value]


def triples(output: Path, rows: Rows) -> list[tuple[str, str, float]]:
    customers, items = named(output)
    keys = rows.keys.reshape(-1, 2)
    assert rows.labels is not None
    return [(customers[a], items[b], float(c)) for (a, b), c in zip(keys.tolist(), rows.labels, strict=True)]


@pytest.fixture(scope="module")
def made(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    lines = lines_of()
    return lines, job(spark, tmp_path_factory.mktemp("ratings"), lines, "--shards", "2")


def test_every_rating_of_enough_others_is_written_once(made: tuple[list[str], Path]) -> None:
    lines, output = made
    raw = [line.split(",") for line in lines]
    who, what = ([row[at] for row in raw] for at in (0, 1))
    expected = sorted(
        (row[0], row[1], float(row[2])) for row in raw if who.count(row[0]) >= 5 and what.count(row[1]) >= 9
    )
    summary = json.loads((output / "summary.json").read_text(encoding="utf-8"))
    splits = {name: read_split(output / name) for name in SPLITS}
    assert {name: len(rows) for name, rows in splits.items()} == summary["splits"]
    assert sorted(row for rows in splits.values() for row in triples(output, rows)) == expected
    assert 0 < len(expected) < len(raw)
    assert summary["ratings"] == {
        "ratings": {"before": len(raw), "after": len(expected)},
        "customers": {"before": len(set(who)), "after": len({row[0] for row in expected})},
        "items": {"before": len(set(what)), "after": len({row[1] for row in expected})},
    }


def test_indices_are_sequential_and_sorted(made: tuple[list[str], Path]) -> None:
    customers, items = named(made[1])
    size = len(customers) + len(items)
    assert sorted(customers) == list(range(len(customers)))
    assert sorted(items) == list(range(len(customers), size))
    for names in (customers, items):
        assert [names[at] for at in sorted(names)] == sorted(names.values(), key=str.encode)
    rows = read_split(made[1] / "train")
    assert set(rows.sizes) == {size}
    assert (rows.values == 1).all()


def test_requests_are_the_test_rows_without_their_ratings(made: tuple[list[str], Path]) -> None:
    test, requests = read_split(made[1] / "test"), read_split(made[1] / "requests")
    assert requests.labels is None
    assert (requests.keys == test.keys).all()


def test_partitions_change_nothing(made: tuple[list[str], Path], spark: Any, tmp_path: Path) -> None:
    lines, output = made
    (tmp_path / "schema.json").write_text(json.dumps({"columns": COLUMNS}), encoding="utf-8")
    folder = tmp_path / "rows"
    folder.mkdir()
    for at in range(3):
        # Other files, another order.
        (folder / f"{at}.csv").write_text("\n".join(lines[::-1][at::3]) + "\n", encoding="utf-8")
    spark.conf.set("spark.sql.shuffle.partitions", "5")
    try:
        again = run(spark, tmp_path, folder, "--shards", "2")
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", "2")
    for name in (*SPLITS, "requests"):
        files = sorted((output / name).glob("*"))
        assert [file.name for file in files] == ["part-00000.pbr", "part-00001.pbr"]
        assert [file.read_bytes() for file in files] == [(again / name / file.name).read_bytes() for file in files]


def test_what_the_driver_hands_on_is_what_executors_write(spark: Any, tmp_path: Path) -> None:
    rows = spark.createDataFrame(
        [(at % 7, 7 + at % 11, float(at % 5), at * 7919 % 1000) for at in range(200)],
        "customer long, item long, rating double, order long",
    )
    recording.write(rows, str(tmp_path / "direct"), size=18, shards=3)
    # Another name for a folder here, which Hadoop knows and Python does not.
    configuration = spark._jsc.hadoopConfiguration()
    configuration.set("fs.viewfs.mounttable.ratings.link./out", f"file://{tmp_path}/handed-on")
    (tmp_path / "handed-on").mkdir()
    recording.write(rows, "viewfs://ratings/out", size=18, shards=3)
    files = {file.name: file.read_bytes() for file in (tmp_path / "direct").iterdir()}
    assert files
    assert {file.name: file.read_bytes() for file in (tmp_path / "handed-on").glob("part-*")} == files


def test_more_features_labels_of_classes_and_means_of_duplicates(spark: Any, tmp_path: Path) -> None:
    """Of a pair that was rated again the mean counts: here it makes a good one of a bad one."""
    who, what = next(line.split(",")[:2] for line in GOOD if float(line.split(",")[2]) < 3)
    least = ["--min-customer-ratings", "1", "--min-item-ratings", "1"]
    arguments = ["--feature-dim", "500", "--positive", "3", "--duplicates", "average", *least]
    output = job(spark, tmp_path, [*GOOD, f"{who},{what},100,"], *arguments)
    assert json.loads((output / "summary.json").read_text(encoding="utf-8"))["feature_dim"] == 500
    splits = [read_split(output / name) for name in SPLITS]
    assert {size for rows in splits for size in rows.sizes.tolist()} == {500}
    found = {row[:2]: row[2] for rows in splits for row in triples(output, rows)}
    expected = {tuple(line.split(",")[:2]): float(float(line.split(",")[2]) >= 3) for line in GOOD}
    assert found == {**expected, (who, what): 1.0}


GOOD = lines_of(300)
REFUSED: dict[str, tuple[list[str], list[str], type[Exception], str]] = {
    "a null": ([*GOOD[:4], ",3,1,", *GOOD[4:]], [], DataError, r"ratings.csv, row 5, column 'who': "),
    "no number": ([*GOOD, "a,3,good,1"], [], DataError, r"row 301, column 'stars': .*good"),
    "not a number": ([*GOOD, "a,3,NaN,1"], [], DataError, r"row 301, column 'stars': found nan; expected a number"),
    "too short": ([*GOOD[:9], "a,3", *GOOD[9:]], [], DataError, r"row 10: .*2 "),
    "a pair twice": (
        [*GOOD[:2], "x,999,1,", *GOOD[2:], "x,999,2,"],
        [],
        DataError,
        r"row 3: who 'x' rates what '999' 2 times, here first",
    ),
    "nothing left": (GOOD, ["--min-item-ratings", "500"], DataError, "no rating is left"),
    "too small": (GOOD, ["--feature-dim", "12"], ConfigError, r"feature_dim is 12, but \d+ customers and \d+ items"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_row_and_column(spark: Any, tmp_path: Path, name: str) -> None:
    lines, arguments, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        job(spark, tmp_path, lines, *arguments)


def test_a_contract_without_numbers_is_refused(spark: Any, tmp_path: Path) -> None:
    columns = [{**column, "type": "string"} for column in COLUMNS]
    with pytest.raises(SchemaError, match="'stars' is string, no number"):
        job(spark, tmp_path, GOOD, columns=columns)
