"""The same rows in any format give what XGBoost itself says, to the last bit, in any format."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
import pytest
import xgboost
from batch_cases import CONTRACT, FEATURES, WORDS, booster_of, made_rows, matrix, read, scores, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.batch.score import score

ROWS = made_rows(300)
INPUTS = ["in.csv", "in.csv.gz", "in.jsonl", "in.jsonl.gz", "in.parquet"]
OUTPUTS = ["out.csv", "out.csv.gz", "out.jsonl", "out.jsonl.gz", "out.parquet"]


def predicted(kind: str, rows: Any) -> Any:
    return booster_of(kind).predict(xgboost.DMatrix(matrix(rows)))


@pytest.mark.parametrize("source", INPUTS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_any_format_to_any_format(source: str, output: str, regression: Path, tmp_path: Path) -> None:
    result = score(regression, write(tmp_path / source, ROWS), tmp_path / output)
    assert result.rows == len(ROWS)
    assert np.array_equal(scores(tmp_path / output), predicted("regression", ROWS))


@pytest.mark.parametrize("kind", ["binary", "multi"])
@pytest.mark.parametrize("output", ["out.csv", "out.jsonl", "out.parquet"])
def test_any_objective(kind: str, output: str, model: Callable[[str], Path], tmp_path: Path) -> None:
    score(model(kind), write(tmp_path / "in.parquet", ROWS), tmp_path / output)
    assert np.array_equal(scores(tmp_path / output), predicted(kind, ROWS))


def test_gzip_is_seen_without_its_suffix(regression: Path, tmp_path: Path) -> None:
    packed = write(tmp_path / "in.csv.gz", ROWS).rename(tmp_path / "in.csv")
    score(regression, packed, tmp_path / "out.csv")
    assert np.array_equal(scores(tmp_path / "out.csv"), predicted("regression", ROWS))


def test_gzip_in_several_members_is_read_whole(regression: Path, tmp_path: Path) -> None:
    first, second = (write(tmp_path / f"{name}.csv.gz", rows) for name, rows in (("a", ROWS[:100]), ("b", ROWS[100:])))
    both = tmp_path / "in.csv.gz"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    assert score(regression, both, tmp_path / "out.csv").rows == len(ROWS)


def test_gzip_output_is_the_same_bytes_each_time(regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS)
    for name in ("a.csv.gz", "b.csv.gz"):
        score(regression, source, tmp_path / name)
    assert (tmp_path / "a.csv.gz").read_bytes() == (tmp_path / "b.csv.gz").read_bytes()


def test_a_format_that_is_named_wins(regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ROWS).rename(tmp_path / "in.data")
    score(regression, source, tmp_path / "out.xyz", input_format="json", output_format="parquet")
    (tmp_path / "out.xyz").rename(tmp_path / "out.parquet")
    assert np.array_equal(scores(tmp_path / "out.parquet"), predicted("regression", ROWS))


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_folder_is_read_by_name(suffix: str, regression: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, rows in (("part-2", ROWS[200:]), ("part-0", ROWS[:90]), ("part-1", ROWS[90:200])):
        write(folder / f"{name}.{suffix}", rows)
    for name in ("_SUCCESS", ".part-0.crc", "_committed.csv"):
        (folder / name).write_bytes(b"not rows")
    calls: list[tuple[int, int, int]] = []
    score(regression, folder, tmp_path / "out.csv", progress=lambda *call: calls.append(call))
    assert np.array_equal(scores(tmp_path / "out.csv"), predicted("regression", ROWS))
    total = sum(file.stat().st_size for file in folder.glob("part-*"))
    assert calls[-1] == (len(ROWS), total, total)
    assert calls == sorted(calls)


def test_a_folder_may_hold_empty_files(regression: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "part-0.csv").write_bytes(b"")
    write(folder / "part-1.csv", ROWS)
    assert score(regression, folder, tmp_path / "out.csv").rows == len(ROWS)


def test_a_pipe_is_read(regression: Path, tmp_path: Path) -> None:
    pipe, file = tmp_path / "in.csv", write(tmp_path / "rows.csv", ROWS)
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(file.read_bytes(),))
    writer.start()
    try:
        score(regression, pipe, tmp_path / "out.csv")
    finally:
        writer.join()
    assert np.array_equal(scores(tmp_path / "out.csv"), predicted("regression", ROWS))


TABLES = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.just("7"),
            "word": st.none() | st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"])),
            "x": st.none() | st.floats(-1e38, 1e38),
            "y": st.just(1),
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "flag": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=12,
)
NAMES = [*FEATURES.names, "features", "score"]


@given(rows=TABLES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_numbers_and_nulls_come_through(rows: Any, regression: Path) -> None:
    expected = predicted("regression", rows)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for suffix in ("csv", "jsonl", "parquet"):
            source = write(folder / f"in.{suffix}", rows, CONTRACT.names)
            score(regression, source, folder / "out.parquet", output_columns=NAMES)
            found = pq.read_table(folder / "out.parquet")
            for column in FEATURES.names:
                assert found[column].to_pylist() == [row[column] for row in rows], (suffix, column)
            vectors = np.array(found["features"].to_pylist(), dtype=float)
            # The assembler makes a negative zero positive, as Spark does.
            assert np.array_equal(vectors, matrix(rows) + 0.0, equal_nan=True)
            assert np.array_equal(found["score"].to_numpy(), expected)


@given(rows=TABLES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_as_text_reads_back(rows: Any, regression: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = write(folder / "in.parquet", rows, CONTRACT.names)
        names = CONTRACT.names
        score(regression, source, folder / "out.csv", output_columns=names)
        score(regression, folder / "out.csv", folder / "again.parquet", output_columns=names)
        assert pq.read_table(folder / "again.parquet").to_pylist() == rows
        score(regression, source, folder / "out.jsonl", output_columns=[*names, "features"])
        lines = [orjson.loads(line) for line in read(folder / "out.jsonl").splitlines()]
        vectors = [[None if value == "NaN" else value for value in line.pop("features")] for line in lines]
        assert lines == rows
        assert np.array_equal(np.array(vectors, dtype=float), matrix(rows) + 0.0, equal_nan=True)
