"""How a file is written: delimiter, header, quotes, encoding."""

from __future__ import annotations

import csv
import gzip
import io

import pytest

from pipeline.config import load_config
from pipeline.config.model import Csv
from pipeline.errors import ConfigError, DataError, PipelineError
from pipeline.run.data import find_data

ROWS = [[f"{at % 9}.5", f'{"uvw"[at % 3]}, {at % 4}; "x"', str(at % 13), f"{at % 31}.25"] for at in range(200)]
HEADER = ["width", "kind of", "count", "y"]


def text(rows, delimiter=",", quoting=csv.QUOTE_MINIMAL):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def csv_of(result):
    return load_config(result.config_path).data.csv


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_delimiter_and_header_are_found(draw, delimiter, header, quoting, line_end):
    content = text([HEADER, *ROWS] if header else ROWS, delimiter, quoting).replace("\n", line_end)
    result = draw(content)
    assert csv_of(result) == Csv(delimiter=delimiter, header=header)
    assert result.schema.names == (HEADER if header else ["c0", "c1", "c2", "c3"])
    assert [column.type for column in result.schema.columns] == ["double", "string", "int", "double"]


def test_decimal_commas_do_not_hide_the_semicolon(draw):
    content = "\n".join(f"{at % 7},5;{at % 3},25;{at}" for at in range(200))
    result = draw(content)
    assert csv_of(result) == Csv(delimiter=";")
    assert "columns 'c0', 'c1': " not in result.notes[0]
    assert sum("numbers with a comma" in note for note in result.notes) == 2


def test_pairs_within_cells_do_not_hide_the_comma(draw):
    content = "\n".join(f"{at % 7},48.{at % 5};11.{at % 3},{at}" for at in range(200))
    assert csv_of(draw(content)) == Csv()


def test_a_quote_left_open_late_has_its_row(draw):
    lines = [f"{at},{at % 5}.5" for at in range(400_000)]
    lines[-2] = '"' + lines[-2]
    with pytest.raises(DataError, match=r"^row 399999: a quote is left open"):
        draw("\n".join(lines))


@pytest.mark.parametrize("given", ["\t", r"\t"])
def test_a_given_delimiter_wins(draw, given):
    content = "\n".join(f"{at % 7},5\t{at % 9},25\t{at}" for at in range(200))
    assert csv_of(draw(content, delimiter=given)).delimiter == "\t"
    with pytest.raises(DataError, match="each line reads as one value"):
        draw(content, delimiter=";", force=True)


@pytest.mark.parametrize("given", ["", ",,", '"', "\n"])
def test_a_delimiter_is_one_character(draw, given):
    with pytest.raises(ConfigError, match="delimiter"):
        draw("a,y\n1,2\n", delimiter=given)


@pytest.mark.parametrize(
    ("content", "header", "sure"),
    [
        ("a,y\n1,2\n3,4\n", True, True),
        ("a,y\nu,2\nv,4\n", True, True),
        (",a,y\n0,1,2\n1,3,4\n", True, True),
        ("y,0,1,2\n5,0,0,7\n6,0,1,8\n", True, True),
        ("when,y\n2024-01-01,u\n2024-01-02,v\n", True, True),
        ("flag,y\ntrue,u\nfalse,v\n", True, True),
        ("name,town\nAnn,Oslo\nBob,Rom\nAnn,Oslo\n", True, False),
        ("u,1\nv,2\nu,3\n", False, True),
        ("1,2\n3,4\n", False, True),
        ("NA,u\n1,v\n2,u\n", False, True),
        ("M,u\nF,v\nM,w\n", False, False),
        (",u\nx,v\ny,w\n", True, False),
        ("a,y\n1,2\na,y\n3,4\n", True, True),
        ("a,b\nu,v\na,b\nu,w\n", False, False),
    ],
)
def test_a_header_is_told_from_values(content, header, sure):
    from pipeline.init.dialect import detect

    dialect = detect(content.encode(), header=None, delimiter=None)
    assert (dialect.options.header, dialect.sure) == (header, sure)


def test_a_header_that_is_guessed_is_pointed_out(draw):
    lines = [f"{'uvw'[at % 3]},{'ab'[at % 2]}" for at in range(200)]
    result = draw("\n".join(["kind,outcome", *lines]))
    assert result.notes == ["the first line is taken for names, though all is text; else: --no-header"]


def test_a_given_header_wins(draw):
    content = text(ROWS)
    assert draw(content, header=False).schema.names == ["c0", "c1", "c2", "c3"]
    with_header = draw(content, header=True, force=True)
    assert with_header.schema.names == ROWS[0]


def test_headerless_columns_are_pointed_out(draw):
    notes = draw(text(ROWS)).notes
    assert notes == ["the first line holds values, so columns are called c0 to c3; else: --header"]


def test_rows_in_quotes_are_found(draw):
    wrapped = text([[line] for line in text(ROWS).splitlines()], quoting=csv.QUOTE_ALL)
    result = draw(wrapped)
    assert csv_of(result) == Csv(quoted_rows="unwrap")
    assert [column.type for column in result.schema.columns] == ["double", "string", "int", "double"]
    assert any("quoted_rows: unwrap" in note for note in result.notes)


def test_rows_in_quotes_below_a_plain_header_are_found(draw):
    wrapped = text([[line] for line in text(ROWS).splitlines()], quoting=csv.QUOTE_ALL)
    result = draw(text([HEADER]) + wrapped)
    assert csv_of(result) == Csv(header=True, quoted_rows="unwrap")


def test_a_header_in_quotes_as_a_whole_is_refused(draw):
    wrapped = text([[line] for line in text([HEADER, *ROWS]).splitlines()], quoting=csv.QUOTE_ALL)
    with pytest.raises(DataError, match="the header stands in quotes as a whole"):
        draw(wrapped)


def test_churn_has_its_rows_in_quotes(draw, churn_csv):
    result = draw(churn_csv.read_bytes(), label="c0")
    assert csv_of(result) == Csv(quoted_rows="unwrap")
    assert len(result.schema.columns) == 70
    assert result.schema.label.name == "c0"
    assert load_config(result.config_path).training.hyperparameters["objective"] == "binary:logistic"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,y\n1,2\n\xe9,3\n", r"^row 2: byte 0xe9 is not UTF-8"),
        ("größe,y\n1,2\n3,4\n".encode("latin-1"), r"the header: byte 0xf6 is not UTF-8"),
        (b"a,y\n1\0,2\n", "zero bytes"),
        (gzip.compress(b"a,y\n1,2\n", mtime=0), "compressed by gzip"),
        (b"PK\x03\x04" + b"\0" * 40, "spreadsheet"),
        (b"PAR1" + b"\0" * 40, "Parquet"),
        (b"\n\r\n  \n", "no row in the file"),
        (b"a,y\r1,2\r3,4\r", "the lines end in CR alone"),
        (b"a,y\n", "there is one line alone"),
        (b"\n1,2\n\n", "there is one line alone"),
        (b"a,y\n1,2\n3,4,5\n6,7\n8,9\n10,11\n", r"^row 2: 3 values; expected 2: a, y"),
        (b"a,y\n1,2\n3,4,5\n6\n7,8,9,10\n", "the rows differ in length"),
        (b"one\ntwo\nthree\n", "each line reads as one value, such as 'one'"),
        (b'a,y\n"1,2\n3,4\n', "^line 2: a quote is left open"),
        (b'a,b,y\n1,"u\nv",2\n3,w,4\n5,x,6\n', r"^row 1, column 'b': a line break inside a value"),
        (b'a,"b\nc",y\n1,u,2\n3,w,4\n', "the header: a name has a line break in it"),
        (b"a,y\n1,2\n3,4\na,y\n5,6\n", r"^row 3: the header line stands here again"),
        (b"a,,y\n1,2,3\n4,5,6\n", "column 2 of 3 has no name"),
        (b"a,b,a,y\n1,2,3,4\n4,5,6,7\n", r"columns 1 and 3 are both called 'a'\n"),
        (b"a,b,A,y\n1,2,3,4\n4,5,6,7\n", r"both called 'A' but for upper and lower case \('a'\)"),
    ],
)
def test_what_is_no_table_is_refused(draw, tmp_path, content, message):
    with pytest.raises(DataError) as caught:
        draw(content)
    assert caught.match(message)
    assert not (tmp_path / "drawn").exists()


@pytest.mark.parametrize("head", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b""])
def test_encodings_are_refused_in_the_words_of_a_run(draw, tmp_path, head):
    with pytest.raises(DataError) as caught:
        draw(head + b"a,y\n1,2\n" if head else b"")
    given = tmp_path / "data.csv"
    with pytest.raises(PipelineError) as of_run:
        find_data(None, given, tmp_path, tmp_path)
    assert str(caught.value) == str(of_run.value)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    from pipeline.init import init

    with pytest.raises(DataError, match="is not"):
        init(tmp_path / name, label="y", output=tmp_path / "drawn")
