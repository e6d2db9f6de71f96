"""What the input's columns may be: features alone, or label and ignored columns beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost
from batch_cases import CONTRACT, FEATURES, booster_of, csv_of, json_of, made_rows, matrix, scores, write

from pipeline.batch.score import score
from pipeline.data.csv import CsvOptions
from pipeline.errors import DataError

ROWS = made_rows(40)
EXPECTED = booster_of("regression").predict(xgboost.DMatrix(matrix(ROWS)))
SHUFFLED = ["y", "flag", "x", "id", "word", "n"]


def scored(model: Path, source: Path, **options: Any) -> Any:
    output = source.parent / "out.csv"
    score(model, source, output, **options)
    return scores(output)


@pytest.mark.parametrize("names", [FEATURES.names, CONTRACT.names])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_first_row_tells_the_columns(names: list[str], delimiter: str, regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS, names, delimiter=delimiter)
    assert np.array_equal(scored(regression, source, options=CsvOptions(delimiter)), EXPECTED)


@pytest.mark.parametrize("names", [FEATURES.names, CONTRACT.names, SHUFFLED, SHUFFLED[1:]])
def test_a_header_names_the_columns(names: list[str], regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS, names, header=True)
    assert np.array_equal(scored(regression, source, options=CsvOptions(header=True)), EXPECTED)


def test_each_file_has_its_own_header(regression: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "a.csv", ROWS[:15], SHUFFLED, header=True)
    write(folder / "b.csv", [], FEATURES.names, header=True)
    write(folder / "c.csv", ROWS[15:], FEATURES.names, header=True)
    assert np.array_equal(scored(regression, folder, options=CsvOptions(header=True)), EXPECTED)


def test_rows_may_stand_in_quotes(regression: Path, tmp_path: Path) -> None:
    lines = csv_of(ROWS, FEATURES.names, header=True).decode().replace("two\nlines", "two lines").splitlines()
    source = tmp_path / "in.csv"
    source.write_text("".join('"' + line.replace('"', '""') + '"\n' for line in lines))
    plain = [{**row, "word": row["word"] and row["word"].replace("\n", " ")} for row in ROWS]
    expected = booster_of("regression").predict(xgboost.DMatrix(matrix(plain)))
    assert np.array_equal(scored(regression, source, options=CsvOptions(header=True, unwrap_rows=True)), expected)


@pytest.mark.parametrize(
    ("header", "problem", "hint"),
    [
        ("word,x,n", "the header: column 'flag' is missing", None),
        ("word,x,n,flag,more", "the header: column 'more' is not known", None),
        ("word,x,n,flag,x", "the header: column 'x' stands twice", None),
        ("word;x;n;flag", "the header: 1 value", "delimited by ';'"),
        ("red,1.5,2,true", "the header: column 'red' is not known", "no header"),
    ],
)
def test_a_wrong_header(header: str, problem: str, hint: str | None, regression: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"{header}\nred,1.5,2,true\n")
    with pytest.raises(DataError) as caught:
        score(regression, source, tmp_path / "out.csv", options=CsvOptions(header=True))
    assert caught.value.problem.startswith(problem)
    assert caught.value.row is None
    assert (hint is None) == (caught.value.hint is None)
    assert hint is None or hint in caught.value.hint


def test_a_header_alone_is_no_row(regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [], header=True)
    with pytest.raises(DataError, match="there is no row in it"):
        score(regression, source, tmp_path / "out.csv", options=CsvOptions(header=True))


def test_a_label_without_a_name_is_checked(regression: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("7,red,1.5,oops,2,true\n")
    with pytest.raises(DataError) as caught:
        score(regression, source, tmp_path / "out.csv")
    assert (caught.value.row, caught.value.column) == (1, "y")


def test_a_label_with_a_name_may_be_anything(regression: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text(csv_of(ROWS, SHUFFLED, header=True).decode().replace("\n", "\nunknown", 1))
    assert np.array_equal(scored(regression, source, options=CsvOptions(header=True)), EXPECTED)
    lines = [orjson.loads(line) | {"y": {"not": "a number"}} for line in json_of(ROWS, CONTRACT.names).splitlines()]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    assert np.array_equal(scored(regression, tmp_path / "in.jsonl"), EXPECTED)


@pytest.mark.parametrize("names", [FEATURES.names, CONTRACT.names])
@pytest.mark.parametrize("wrapped", [False, True])
def test_lines_of_json_by_name_or_in_order(names: list[str], wrapped: bool, regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.jsonl", ROWS, names, wrapped=wrapped)
    assert np.array_equal(scored(regression, source), EXPECTED)


def test_parquet_may_hold_more_columns(regression: Path, tmp_path: Path) -> None:
    table = pq.read_table(write(tmp_path / "rows.parquet", ROWS, SHUFFLED))
    table = table.append_column("a.b", pa.array([{"c": at} for at in range(len(ROWS))]))
    pq.write_table(table, tmp_path / "in.parquet")
    assert np.array_equal(scored(regression, tmp_path / "in.parquet"), EXPECTED)
    pq.write_table(table.drop_columns("n"), tmp_path / "in.parquet")
    with pytest.raises(DataError, match="column 'n' is missing"):
        score(regression, tmp_path / "in.parquet", tmp_path / "out.csv")


def test_parquet_of_other_types_is_widened(regression: Path, tmp_path: Path) -> None:
    table = pq.read_table(write(tmp_path / "rows.parquet", ROWS))
    word = table["word"].dictionary_encode()
    narrow = table["n"].cast(pa.int16())
    pq.write_table(table.set_column(0, "word", word).set_column(2, "n", narrow), tmp_path / "in.parquet")
    assert np.array_equal(scored(regression, tmp_path / "in.parquet"), EXPECTED)
