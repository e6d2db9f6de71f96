"""The text of one cell: the same grammar in Python, in Arrow's fast path and in Spark."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.csv import CsvOptions, parse_block
from pipeline.errors import DataError
from pipeline.schema import Column, Schema
from pipeline.schema.text import parse_cell, ragged

ACCEPTED = {
    "double": [("1", 1.0), (" 1.5\t", 1.5), ("+.5", 0.5), ("1.", 1.0), ("-0", -0.0), ("1e3", 1e3), ("1E-400", 0.0),
               ("nan", math.nan), ("NaN", math.nan), ("Infinity", math.inf), ("-inf", -math.inf), ("+INF", math.inf)],
    "float": [("0.1", float(np.float32("0.1"))), ("3.4028234e38", float(np.float32("3.4028234e38")))],
    "int": [("1", 1), ("+7", 7), ("-2147483648", -2147483648), ("1.0", 1), ("12.000", 12), ("007", 7)],
    "long": [("9223372036854775807", 9223372036854775807)],
    "byte": [("127", 127), ("-128", -128)],
    "boolean": [("true", True), ("FALSE", False), ("1", True), ("0", False), (" True ", True)],
    "string": [("é日😀", "é日😀"), (" x ", " x ")],
}  # fmt: skip
REFUSED = {
    "double": ["x", "1d", "1f", "0x1p3", "1_0", "1,0", "1e400", "-1e999", "", " ", "1 2", "--1", "1e", ".", "-nan"],
    "float": ["3.5e38", "1e39"],
    "int": ["1.5", "2147483648", "-2147483649", "0x10", "1e3", "true", "NaN", "1.0x"],
    "byte": ["128", "-129", "300"],
    "boolean": ["yes", "t", "2", "", "1.0"],
}
CASES = [(kind, text, value) for kind, pairs in ACCEPTED.items() for text, value in pairs]
MISFITS = [(kind, text) for kind, texts in REFUSED.items() for text in texts]


def same(left: Any, right: Any) -> bool:
    return left == right or (isinstance(left, float) and isinstance(right, float) and math.isnan(left + right))


@pytest.mark.parametrize(("kind", "text", "value"), CASES)
def test_a_cell_that_fits_is_its_value_by_either_way(kind: str, text: str, value: Any) -> None:
    column = Column("c", kind)
    parsed = parse_cell(text, column, 1)
    assert same(float(np.float32(parsed)) if kind == "float" else parsed, value)
    table = parse_block(f"{text},1\n".encode(), Schema((column, Column("d", "int"))), CsvOptions())
    assert same(table["c"][0].as_py(), value)


@pytest.mark.parametrize(("kind", "text"), MISFITS)
def test_a_cell_that_does_not_fit_is_refused_with_its_place(kind: str, text: str) -> None:
    column = Column("c", kind)
    with pytest.raises(DataError) as caught:
        parse_cell(text, column, 3)
    assert (caught.value.row, caught.value.column, caught.value.value) == (3, "c", text)
    assert "expected" in str(caught.value)
    if text.strip() and "," not in text and text != "-nan":
        with pytest.raises(DataError) as caught:
            parse_block(f"{text},1\n".encode(), Schema((column, Column("d", "int"))), CsvOptions(), offset=4)
        assert (caught.value.row, caught.value.column) == (5, "c")


def test_sparks_way_of_reading_a_cell_is_the_same(spark: Any, tmp_path: Any) -> None:
    from spark_jobs import reading, values

    cases = [(kind, text, value) for kind, text, value in CASES if kind != "string"]
    misfits = [(kind, text, None) for kind, text in MISFITS if "," not in text and text.strip()]
    for kind in ACCEPTED:
        rows = [(text, value) for at, text, value in [*cases, *misfits] if at == kind]
        if not rows:
            continue
        file = tmp_path / f"{kind}.csv"
        file.write_text("".join(f"{text},{place}\n" for place, (text, _) in enumerate(rows)), encoding="utf-8")
        schema = Schema((Column("c", kind), Column("place", "int")))
        options = SimpleNamespace(format="csv", input=str(file), header=False, delimiter=",", quoted_rows="refuse")
        typed = values.typed(reading.read(spark, options, schema), schema).orderBy("place").collect()
        got = [row["c"] if row[values.CHECKS][0] == values.FITS else None for row in typed]
        wrong = [(text, value, seen) for (text, value), seen in zip(rows, got, strict=True) if not same(value, seen)]
        assert wrong == []


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_reads_back_from_its_shortest_text(number: float) -> None:
    assert parse_cell(repr(number), Column("c", "double"), 1) == number
    table = parse_block(f"{number!r},1\n".encode(), Schema((Column("c", "double"), Column("d", "int"))), CsvOptions())
    assert np.float64(table["c"][0].as_py()).tobytes() == np.float64(number).tobytes()


def test_null_is_allowed_only_where_the_contract_says_so() -> None:
    assert parse_cell(None, Column("c", "int", nullable=True), 1) is None
    with pytest.raises(DataError, match=r"row 2, column 'c': the value is missing; expected a whole number"):
        parse_cell(None, Column("c", "int"), 2)


def test_a_header_in_a_headerless_file_is_recognised() -> None:
    with pytest.raises(DataError, match="looks like a header row"):
        parse_cell("length", Column("length", "double"), 1)


@pytest.mark.parametrize(
    ("line", "delimiter", "words"),
    [
        ('"1,2,3"', ",", "the whole row stands in quotes"),
        ("1;2;3", ",", "delimited by ';'"),
        ("1\t2\t3", ",", r"delimited by '\t'"),
        ("1,2", ",", "2 values; expected 3: a, b, c"),
        ("1,2,3,4", ",", "leave the label out"),
    ],
)
def test_a_ragged_row_is_explained(line: str, delimiter: str, words: str) -> None:
    schema = Schema(tuple(Column(name, "int") for name in "abc"))
    error = ragged(len(line.strip('"').split(delimiter)) if line[0] != '"' else 1, line, schema, 7, delimiter)
    assert words in str(error)
    assert error.row == 7
