"""A row that does not fit is named by file, row and column wherever it stands, and leaves nothing behind."""

from __future__ import annotations

import functools
import gzip
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batch_cases import FEATURES, csv_of, made_rows, parquet_of, write
from model_cases import KINDS, SCHEMA, bundle_files, features_of, raw, table_of, train

from pipeline.batch import csv_tables, json_tables, parquet_tables
from pipeline.batch.score import ScoreResult, score
from pipeline.data.csv import CsvOptions, line_blocks
from pipeline.errors import ConfigError, DataError, ModelError, RequirementError
from pipeline.packaging.archives import fused_archive
from pipeline.scoring.manifest import Manifest

ROWS = made_rows(60)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few rows."""
    monkeypatch.setattr(csv_tables, "line_blocks", functools.partial(line_blocks, size=100))
    monkeypatch.setattr(json_tables, "_BLOCK_BYTES", 100)
    monkeypatch.setattr(parquet_tables, "_MOST_ROWS", 7)


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that takes no null and no unseen word."""
    rows = table_of(200)
    booster = train(features_of(rows), {"objective": "reg:squarederror"})
    path = tmp_path_factory.mktemp("strict") / "model.tar.gz"
    return fused_archive(bundle_files(), raw(booster), SCHEMA, Manifest(features="features"), path)


def refused(model: Path, source: Path, **options: Any) -> DataError:
    """The error of a source that cannot be scored; nothing is left of the output."""
    folder = source.parent / "out"
    folder.mkdir()
    with pytest.raises(DataError) as caught:
        score(model, source, folder / "out.csv", **options)
    assert list(folder.iterdir()) == []
    return caught.value


def lines_of(count: int) -> list[str]:
    """Rows for the strict model, with blank lines, Windows line ends and line breaks inside quotes."""
    lines = []
    for at in range(count):
        word = KINDS[at % len(KINDS)]
        lines.append(f'"{word}",{at}.5,{at}' + ("\r" if at % 3 == 0 else "") + "\n" * (1 + at % 4))
    return lines


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("row", [1, 2, 9, 60])
@pytest.mark.parametrize(
    "case",
    [
        ("M,abc,1", "x", "found 'abc'"),
        ("M,1.5,1.5", "n", "found '1.5'"),
        ("M,1,", "n", "the value is missing"),
        ("M,1,2,3", None, "4 values"),
        ('"M\nF",1,2', "sex", "unseen label 'M\\nF'"),
        ("unseen,1,2", "sex", "unseen label 'unseen'"),
    ],
)
def test_a_bad_line_of_csv(case: tuple[str, str | None, str], row: int, strict: Path, tmp_path: Path) -> None:
    line, column, problem = case
    lines = lines_of(60)
    lines[row - 1] = line + "\n"
    source = tmp_path / "in.csv"
    source.write_text("".join(lines), newline="")
    error = refused(strict, source)
    assert (error.source, error.row, error.column) == ("in.csv", row, column)
    assert problem in error.problem


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("row", [2, 9, 60])
def test_bytes_that_are_not_utf_8(row: int, strict: Path, tmp_path: Path) -> None:
    lines = [line.encode() for line in lines_of(60)]
    lines[row - 1] = b'"a\nb\xff",1,2\n'
    source = tmp_path / "in.csv"
    source.write_bytes(b"".join(lines))
    error = refused(strict, source)
    assert (error.source, error.row, error.problem) == ("in.csv", row, "byte 0xff is not UTF-8")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("row", [1, 2, 60])
def test_a_quote_left_open(row: int, regression: Path, tmp_path: Path) -> None:
    # Up to the next quote all would be text of one row, and so a row be lost.
    lines = [f'"a {at}",,{at},1,,\n' for at in range(60)]
    lines[row - 1] = '"a,,1,1,,\n'
    source = tmp_path / "in.csv"
    source.write_text("".join(lines))
    error = refused(regression, source)
    problem = "a quote is left open" if row == 60 else "text follows a closing quote"
    assert (error.source, error.row, error.problem) == ("in.csv", row, problem)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("row", [1, 2, 9, 60])
@pytest.mark.parametrize(
    "case",
    [
        (b'{"sex": "M", "x": "abc", "n": 1}', "x", "found 'abc'"),
        (b'{"sex": "M", "x": true, "n": 1}', "x", "found True"),
        (b'{"sex": "M", "x": 1.0, "n": null}', "n", "the value is missing"),
        (b'{"sex": "M", "x": 1.0}', "n", "the column is missing"),
        (b'{"sex": "M", "x": 1.0, "n": 1, "z": 1}', "z", "the column is not known"),
        (b'{"sex": "unseen", "x": 1.0, "n": 1}', "sex", "unseen label 'unseen'"),
        (b'{"data": ["M", 1.0]}', None, "2 values"),
        (b'{"data": "M"}', None, 'found {"data": "M"}'),
        (b'{"data": ["M", 1.0, 2], "schema": {}}', None, "found"),
        (b'["M", 1.0, 2]', None, 'found ["M", 1.0, 2]'),
        (b'{"sex": "M", ', None, "not JSON"),
        (b'{"sex": "M", "x": NaN, "n": 1}', None, "not JSON"),
        (b'{"sex": "\xff", "x": 1.0, "n": 1}', None, "byte 0xff is not UTF-8"),
    ],
)
def test_a_bad_line_of_json(case: tuple[bytes, str | None, str], row: int, strict: Path, tmp_path: Path) -> None:
    line, column, problem = case
    lines = [f'{{"sex": "{KINDS[at % 3]}", "x": {at}, "n": {at}}}\n'.encode() + b" \n" * (at % 3) for at in range(60)]
    lines[row - 1] = line + b"\n"
    source = tmp_path / "in.jsonl"
    source.write_bytes(b"".join(lines))
    error = refused(strict, source)
    assert (error.source, error.row, error.column) == ("in.jsonl", row, column)
    assert problem in error.problem


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("row", [1, 8, 60])
@pytest.mark.parametrize(
    "case",
    [("x", None, "the value is missing"), ("n", 1.5, "found 1.5"), ("sex", "unseen", "unseen label 'unseen'")],
)
def test_a_bad_row_of_parquet(case: tuple[str, Any, str], row: int, strict: Path, tmp_path: Path) -> None:
    name, value, problem = case
    table = table_of(60)
    values = table[name].to_pylist()
    values[row - 1] = value
    table = table.set_column(table.schema.names.index(name), name, pa.array(values))
    source = tmp_path / "in.parquet"
    pq.write_table(table, source, row_group_size=20)
    error = refused(strict, source)
    assert (error.source, error.row, error.column) == ("in.parquet", row, name)
    assert problem in error.problem


def test_rows_count_within_their_file(strict: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("M,1,2\n" * 10)
    (folder / "b.csv").write_text("M,1,2\n" * 3 + "unseen,1,2\n")
    error = refused(strict, folder)
    assert (error.source, error.row) == ("b.csv", 4)
    assert str(error).startswith("b.csv, row 4, column 'sex': unseen label 'unseen'")


def test_rows_count_past_blocks_of_full_size(strict: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("M,0.25,2\n" * 700_001 + "M,oops,2\n")
    error = refused(strict, source)
    assert (error.row, error.column) == (700_002, "x")


BAD_FILES: list[tuple[str, bytes, str, str]] = [
    ("in.csv", b"", "there is no row in it", ""),
    ("in.csv", b"\n\r\n\n", "there is no row in it", ""),
    ("in.jsonl", b"  \n\n", "there is no row in it", ""),
    ("in.parquet", parquet_of([], FEATURES.names), "there is no row in it", ""),
    ("in.parquet", b"PAR1", "not readable as Parquet", ""),
    ("in.parquet", b"", "not readable as Parquet", ""),
    ("in.csv", b"\xef\xbb\xbfred,1,2,true\n", "byte order mark", "without a byte order mark"),
    ("in.csv", gzip.compress(b"\xef\xbb\xbfred,1,2,true\n"), "byte order mark", "without a byte order mark"),
    ("in.jsonl", b'\xef\xbb\xbf{"x": 1}\n', "byte order mark", "without a byte order mark"),
    ("in.csv", "red,1,2,true\n".encode("utf-16"), "UTF-16, not UTF-8", "save it as UTF-8"),
    ("in.csv", parquet_of(ROWS, FEATURES.names), "it holds Parquet", "parquet"),
    ("in.csv", gzip.compress(csv_of(ROWS, FEATURES.names))[:-20], "not readable", ""),
    ("in.csv", gzip.compress(csv_of(ROWS, FEATURES.names))[:-8] + bytes(8), "CRC", ""),
    ("in.csv.gz", b"\x1f\x8bnot gzip at all", "not readable", ""),
    ("in.data", b"red,1,2,true\n", "the name tells no format", "--input-format"),
    ("in.csv", b"red;1;2;true\n", "1 value", "delimited by ';'"),
    ("in.csv", b'"red,1,2,true"\n', "the whole row stands in quotes", "quotes"),
    ("in.csv", b"word,x,n,flag\nred,1,2,true\n", "this looks like a header row", ""),
]


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file(case: tuple[str, bytes, str, str], regression: Path, tmp_path: Path) -> None:
    name, content, problem, hint = case
    source = tmp_path / name
    source.write_bytes(content)
    error = refused(regression, source)
    assert error.source == name
    assert problem in error.message
    assert hint in (error.hint or "")


def test_an_input_that_is_not_there(regression: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        score(regression, tmp_path / "nowhere.csv", tmp_path / "out.csv")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "_SUCCESS").touch()
    with pytest.raises(DataError, match="holds no files"):
        score(regression, tmp_path / "empty", tmp_path / "out.csv")


def test_a_folder_of_several_formats(regression: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder / "a.csv", ROWS)
    write(folder / "b.jsonl", ROWS)
    with pytest.raises(DataError, match=r"several formats: csv \(a.csv\), json \(b.jsonl\)"):
        score(regression, folder, tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"options": CsvOptions(delimiter=";;")}, "the delimiter is ';;'"),
        ({"options": CsvOptions(delimiter='"')}, "the delimiter is '\"'"),
        ({"input_format": "xml"}, "the format 'xml' is not known"),
        ({"output_format": "xml"}, "the format 'xml' is not known"),
        ({"output_columns": ["nothing"]}, "'nothing' is no output"),
        ({"output_columns": ["x", "x"]}, "named twice"),
    ],
)
def test_a_wrong_option(options: dict[str, Any], problem: str, regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS)
    with pytest.raises(ConfigError) as caught:
        score(regression, source, tmp_path / "out.csv", **options)
    assert problem in caught.value.message
    assert list(tmp_path.iterdir()) == [source]


def test_a_bundle_has_no_outputs(model: Callable[[str], Path], tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS)
    with pytest.raises(ConfigError, match="there is no column 'score'"):
        score(model("bundle"), source, tmp_path / "out.csv", output_columns=["score"])
    with pytest.raises(ModelError):
        score(tmp_path / "no model", source, tmp_path / "out.csv")


@pytest.mark.parametrize("content", [b"red,1,2,true\n", b"red,1,2,true\nred,oops,2,true\n"])
@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet", "a/b/out.jsonl"])
def test_the_output_is_whole_or_as_it_was(content: bytes, name: str, regression: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out" / name
    source.write_bytes(content)
    (tmp_path / "out").mkdir()
    if output.parent.exists():
        output.write_bytes(b"as it was")
    before = sorted((tmp_path / "out").rglob("*"))
    if b"oops" in content:
        with pytest.raises(DataError):
            score(regression, source, output)
        assert sorted((tmp_path / "out").rglob("*")) == before
        assert not output.exists() or output.read_bytes() == b"as it was"
    else:
        score(regression, source, output)
        assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == [output]
        assert output.read_bytes() != b"as it was"
        umask = os.umask(0)
        os.umask(umask)
        assert stat.S_IMODE(output.stat().st_mode) == 0o666 & ~umask


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet"])
def test_an_interrupt_leaves_nothing(name: str, regression: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", ROWS)

    def interrupt(*_: int) -> None:
        assert len(list((tmp_path / "out").iterdir())) == 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(regression, source, tmp_path / "out" / name, progress=interrupt)
    assert list(tmp_path.iterdir()) == [source]


def test_the_input_is_never_overwritten(regression: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    source = write(folder / "a.csv", ROWS)
    content = source.read_bytes()
    (tmp_path / "link.csv").symlink_to(source)
    os.link(source, tmp_path / "hard.csv")
    for given, output, problem in (
        (source, source, "is the input"),
        (source, tmp_path / "link.csv", "is the input"),
        (source, tmp_path / "hard.csv", "is the input"),
        (folder, source, "is the input"),
        (folder, folder / "out.csv", "lies in the input's folder"),
        (source, folder, "is a folder"),
        (source, tmp_path / "out.xyz", "tells no format"),
        (source, tmp_path / "out.parquet.gz", "tells no format"),
    ):
        with pytest.raises(ConfigError, match=problem):
            score(regression, given, output)
    assert source.read_bytes() == content
    assert score(regression, source, folder / "out.csv") == ScoreResult(60, pytest.approx(0, abs=60))


def test_an_output_that_is_no_file_is_left_alone(regression: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "out.csv"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="is not a regular file"):
        score(regression, write(tmp_path / "in.csv", ROWS), pipe)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_output_that_cannot_be_written(regression: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RequirementError, match="cannot be written"):
        score(regression, write(tmp_path / "in.csv", ROWS), tmp_path / "file" / "out.csv")
