"""What is drawn from a file reads that file: by the parser, and by the Spark job."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import load_config
from pipeline.data.csv import BLOCK_BYTES, CsvOptions, line_blocks, parse_block
from pipeline.init import init
from pipeline.schema.text import parse_cell

NUMBERS = st.one_of(
    st.integers(-(1 << 70), 1 << 70).map(str),
    st.floats().map(str),
    st.sampled_from(["007", "+1", " 1 ", "1.", ".5", "1e400", "-nan", "0x1F", "1d", "-0", "1,5", "3.5e38"]),
)
WORDS = st.one_of(
    st.sampled_from(["", "true", "FALSE", "tRuE", " true", "1", "0", "NA", "null", "2024-01-31", "a", "b", '"', " "]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=6),
)
# Most columns are of one kind; some are of all.
CELLS = st.one_of(
    st.just(st.integers(-5, 5).map(str)),
    st.just(st.sampled_from(["true", "False", ""])),
    st.just(NUMBERS),
    st.just(st.one_of(NUMBERS, st.just(""))),
    st.just(WORDS),
    st.just(st.one_of(NUMBERS, WORDS)),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_contract_reads_the_file_that_it_was_drawn_from(data):
    count = data.draw(st.integers(2, 12))
    columns = [
        data.draw(st.lists(cells, min_size=count, max_size=count)) for cells in data.draw(st.lists(CELLS, max_size=4))
    ]
    columns += [[f"{at}.5" for at in range(count)], [str(at % 2) for at in range(count)]]
    rows = [list(row) for row in zip(*columns, strict=True)]
    names = [f"n{place}" for place in range(len(columns))]
    delimiter = data.draw(st.sampled_from(",;\t|"))
    stream = io.StringIO()
    writer = csv.writer(
        stream,
        delimiter=delimiter,
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator="\n",
    )
    writer.writerow(names)
    writer.writerows(rows)
    content = stream.getvalue().encode()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "data.csv"
        file.write_bytes(content)
        result = init(file, label="-1", output=Path(folder) / "drawn", header=True, delimiter=delimiter)
        load_config(result.config_path)
    table = parse_block(content.split(b"\n", 1)[1], result.schema, CsvOptions(delimiter))
    assert table.num_rows == count
    for column, cells in zip(result.schema.columns, columns, strict=True):
        nulls = table[column.name].null_count
        assert column.nullable == (nulls > 0)
        if column.type != "string":
            # The slow parser agrees, cell by cell.
            for row, cell in enumerate(cells, start=1):
                parse_cell(cell or None, column, row)


def test_real_files_keep_the_contract_that_is_drawn_from_them(tmp_path, abalone_csv, churn_csv):
    for file, label in ((abalone_csv, "8"), (churn_csv, "c0")):
        result = init(file, label=label, output=tmp_path / file.stem)
        written = load_config(result.config_path).data.csv
        options = CsvOptions(written.delimiter, written.header, written.quoted_rows == "unwrap")
        content = file.read_bytes()
        assert parse_block(content, result.schema, options).num_rows == len(content.splitlines())


def test_a_file_of_several_blocks_is_read_whole(tmp_path):
    file = tmp_path / "data.csv"
    with file.open("w") as stream:
        stream.write("kind,amount,late,y\n")
        for at in range(300_000):
            late = "NA" if at == 290_000 else at % 50
            stream.write(f"{'uvw'[at % 3]}{'w' * 9},{at % 1000}.{at % 7},{late},{at % 2}\n")
        stream.write("uwwwwwwwww,,3,1\n")
    assert file.stat().st_size > BLOCK_BYTES
    with file.open("rb") as stream:
        assert len(list(line_blocks(stream))) > 1
    result = init(file, label="y", output=tmp_path)
    assert [(column.type, column.nullable) for column in result.schema.columns] == [
        ("string", False),
        ("double", True),
        ("string", False),
        ("int", False),
    ]
    assert "the first 'NA' in row 290,001" in result.notes[0]


@pytest.mark.spark
def test_the_spark_job_takes_what_is_drawn(tmp_path, spark):
    from spark_jobs import preprocess

    file = tmp_path / "people.csv"
    header = [
        "PassengerId",
        "sepal length",
        "is open",
        "city, state",
        "age",
        "zip",
        "odd",
        "when",
        "same",
        "a.b",
        "class",
    ]
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\n")
        writer.writerow(header)
        for at in range(400):
            place = at * 37 % 400
            row = [at, place / 7, ("true", "False", "")[at % 3], ("Oslo; N", 'a "q" b', "")[place % 3]]
            row += ["" if at % 5 == 0 else place % 80, f"{place % 30:05d}", "NaN" if at % 4 == 0 else place / 3]
            row += [f"2024-01-{at % 28 + 1:02d}", "x", at % 6, "yes" if place < 150 else "no"]
            writer.writerow(row)
    result = init(file, label="class", output=tmp_path)
    data = load_config(result.config_path).data
    arguments = ["--input", data.location, "--schema", data.schema_file, "--output", str(tmp_path / "etl")]
    arguments += ["--delimiter", data.csv.delimiter, "--header", "--verify-rows", "100"]
    preprocess.run(spark, preprocess.parser().parse_args(arguments))
    assert [column.name for column in result.schema.columns if column.ignore] == ["PassengerId", "when", "same"]
    lines = [line for part in (tmp_path / "etl" / "train").glob("part-*") for line in part.read_text().splitlines()]
    assert {line.split(",")[0] for line in lines} == {"0.0", "1.0"}
