"""What becomes of a feature: type, nullable, set aside, and what is said about it."""

from __future__ import annotations

import pytest

from pipeline.errors import DataError
from pipeline.schema import Column

LONG_MAX = (1 << 63) - 1


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "-2", "+3"], "int"),
        ([" 1", "2 ", "3\t"], "int"),
        (["2147483647", "-2147483648"], "int"),
        (["2147483648", "1"], "long"),
        (["-2147483649", "1"], "long"),
        ([str(LONG_MAX), str(-LONG_MAX - 1)], "long"),
        ([str(LONG_MAX + 1), "1"], "double"),
        (["1", "2.0"], "double"),
        (["1e3", ".5", "5."], "double"),
        (["1", "NaN"], "double"),
        (["007.5", "1"], "double"),
        (["true", "FALSE"], "boolean"),
        (["True", "0", "1"], "boolean"),
        (["yes", "no"], "string"),
        (["t", "f"], "string"),
        (["01234", "99999"], "string"),
        (["0x10", "7"], "string"),
        (["1d", "2"], "string"),
        (["1e400", "2"], "string"),
        (["9" * 400, "2"], "string"),
        (["nan(1)", "-nan"], "string"),
    ],
)
def test_types_are_the_narrowest_of_the_grammar(draw_column, cells, kind):
    column = draw_column(cells).schema["x"]
    assert (column.type, column.nullable) == (kind, False)


@pytest.mark.parametrize(("cells", "kind"), [(["1", ""], "int"), (["a", "b", ""], "string"), (["true", ""], "boolean")])
def test_an_empty_cell_makes_a_column_nullable(draw_column, cells, kind):
    column = draw_column(cells).schema["x"]
    assert (column.type, column.nullable) == (kind, True)


@pytest.mark.parametrize(
    "cells",
    [
        ["2024-01-31", "2024-2-1"],
        ["2024-01-31T10:00:00Z", "2024-01-31 10:00:00.125+01:00"],
        ["2024/01/31", ""],
        ["31.12.2024", "1.1.24"],
        ["12/31/2024", "1/1/24 1:05 PM"],
        ["31 Jan 2024", "1-feb-24"],
        ["Jan 31 2024", "February 1 2024"],
        ["23:59", "1:05:30"],
    ],
)
def test_dates_are_set_aside(draw_column, cells):
    result = draw_column(cells)
    assert result.schema["x"].type == "string"
    assert result.schema["x"].ignore
    assert "column 'x': set aside: dates, of which a feature pipeline of your own can make numbers" in result.notes


@pytest.mark.parametrize("cells", [["2024-13-01", "a"], ["1.2.3.4", "b"], ["2024", "2025"], ["12-2024", "1"]])
def test_what_only_resembles_a_date_is_none(draw_column, cells):
    assert not draw_column(cells).schema["x"].ignore


@pytest.mark.parametrize("word", ["NA", "null", "?", "-", "N/A", "None", r"\N", " ? "])
def test_stand_ins_for_nothing_among_numbers_are_pointed_out(draw_column, word):
    result = draw_column(["1", "2.5", word], rows=120)
    column = result.schema["x"]
    assert (column.type, column.ignore) == ("string", False)
    assert result.notes[0].startswith(
        f"column 'x': numbers in 80 rows, but text in 40, the first {word!r} in row 3: all is kept as text"
    )
    assert column.description in result.notes[0]


def test_a_few_words_among_many_numbers_are_pointed_out(draw_column):
    cells = [str(at) for at in range(19)]
    assert "the first 'about 5' in row 20" in draw_column([*cells, "about 5"]).notes[0]
    assert draw_column([*cells, "low", "mid", "high", "top"]).notes == []


@pytest.mark.parametrize("cells", [['"1,234"', "56"], ['"3,14"', '"2,5"'], ["$5.00", "$6.25"], ["12 %", "3 %"]])
def test_numbers_with_signs_are_pointed_out(draw_column, cells):
    result = draw_column(cells)
    assert result.schema["x"].type == "string"
    assert "numbers with a comma or a sign" in result.notes[0]


def test_leading_zeros_are_kept_and_pointed_out(draw_column):
    notes = draw_column(["12345", "01234"]).notes
    assert "column 'x': numbers with a leading zero, the first '01234' in row 2, are kept as text" in notes
    assert draw_column(["0", "-0", "10"]).notes == []


def test_nan_is_a_number_and_pointed_out(draw_column):
    result = draw_column(["1", "nan", "2"])
    assert result.schema["x"] == Column(
        "x",
        "double",
        description="'nan' in 40 rows, the first in row 2, is a number that XGBoost takes for missing, not null",
    )


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "3.5e38", "1" + "0" * 39])
def test_what_is_no_float_to_xgboost_is_set_aside(draw_column, cell):
    result = draw_column(["1.5", cell])
    assert result.schema["x"].ignore
    assert f"column 'x': set aside: {cell!r} in 60 rows, the first in row 2, is no 32-bit float" in result.notes[0]


def test_whole_numbers_too_large_for_a_long_are_pointed_out(draw_column):
    assert any("too large for a long" in note for note in draw_column([str(LONG_MAX + 1), "7"]).notes)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("x", [str(at * 3) for at in range(120)]),
        ("x", [f"user-{at * 37 % 1000}" for at in range(120)]),
        ("PassengerId", [str(at * 37 % 1000) for at in range(120)]),
        ("row_id", [str(-at) for at in range(120)]),
        ("Unnamed: 0", [str(at * 37 % 1000) for at in range(120)]),
    ],
)
def test_identifiers_are_set_aside(draw_column, name, cells):
    result = draw_column(cells, name=name)
    assert result.schema[name].ignore
    assert f"column {name!r}: set aside: an identifier, no value comes twice" in result.notes


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("x", [str(at * 37 % 1000) for at in range(120)]),
        ("x", [f"{at}.5" for at in range(120)]),
        ("user_id", ["1", "2", "3"]),
        ("paid", [str(at * 37 % 1000) for at in range(120)]),
        ("user_id", [*[str(at * 37 % 1000) for at in range(119)], ""]),
    ],
)
def test_what_only_resembles_an_identifier_is_a_feature(draw_column, name, cells):
    assert not draw_column(cells, name=name).schema[name].ignore


def test_identifiers_are_found_across_blocks(draw):
    lines = [f"{at:07d}-{'x' * 40},{at},{at % 5}.5,{at % 3}.5" for at in range(90_000)]
    result = draw("\n".join(["name,place,a,y", *lines]))
    assert [column.ignore for column in result.schema.columns] == [True, True, False, False]
    assert "columns 'name', 'place': set aside: an identifier, no value comes twice" in result.notes


def test_a_rise_that_ends_in_a_later_block_is_no_identifier(draw):
    lines = [f"{at},{'x' * 50}{at % 5},{at % 3}.5" for at in range(80_000)]
    result = draw("\n".join(["count,a,y", *lines, "5,x,1.5"]))
    assert not result.schema["count"].ignore


def test_a_constant_is_set_aside(draw_column):
    result = draw_column(["7"])
    assert result.schema["x"] == Column("x", "int", ignore=True, description="set aside: every row has the same value")


def test_one_value_or_none_is_a_feature(draw_column):
    assert not draw_column(["a", ""]).schema["x"].ignore


def test_a_column_without_values_is_set_aside(draw_column):
    column = draw_column([""]).schema["x"]
    assert (column.type, column.nullable, column.ignore) == ("string", True, True)


def test_text_with_many_values_is_set_aside(draw_column):
    many = draw_column([f"word{at % 1001}" for at in range(2002)], rows=2002)
    assert "column 'x': set aside: text with more than 1,000 different values" in many.notes


def test_text_with_a_thousand_values_is_a_feature(draw_column):
    assert not draw_column([f"word{at % 1000}" for at in range(2000)], rows=2000).schema["x"].ignore


def test_a_quoted_empty_text_is_set_aside_as_spark_takes_it_for_no_category(draw_column):
    result = draw_column(["a", "b", '""'])
    column = result.schema["x"]
    assert (column.ignore, column.nullable) == (True, False)
    assert "'' in 40 rows, the first in row 3, is no category to Spark ML" in result.notes[0]


@pytest.mark.parametrize("name", ["a.b", "a`b"])
def test_a_name_that_spark_ml_itself_does_not_take_is_a_feature_all_the_same(draw_column, name):
    result = draw_column(["1", "2"], name=name)
    assert not result.schema[name].ignore
    assert result.notes == []


def test_a_copy_of_the_label_is_pointed_out_but_kept(draw):
    lines = [f"{at % 7}.5,{at % 2},{at % 2}" for at in range(200)]
    result = draw("\n".join(["a,copy,y", *lines]))
    assert not result.schema["copy"].ignore
    assert result.notes[0].startswith("column 'copy': equal to the label in every row")
    lines[-1] = "1.5,0,1"
    assert draw("\n".join(["a,copy,y", *lines]), force=True).notes == []


def test_columns_of_which_the_same_is_said_share_a_note(draw):
    names = [f"k{at}" for at in range(8)]
    result = draw("\n".join([",".join([*names, "a", "y"]), *(f"{'1,' * 8}{at % 7},{at}.5" for at in range(200))]))
    assert result.notes == ["columns 'k0', 'k1', 'k2', 'k3', 'k4' and 3 more: set aside: every row has the same value"]


def test_a_file_without_a_feature_is_refused(draw):
    with pytest.raises(DataError, match=r"no column is left to make features of: .*'a': set aside: every row"):
        draw("\n".join(["a,y", *(f"1,{at}.5" for at in range(200))]))


def test_abalone_has_eight_features(draw, abalone_csv):
    schema = draw(abalone_csv.read_bytes()).schema
    assert [column.type for column in schema.columns] == ["string", *["double"] * 7, "int"]
    assert len(schema.features) == 8
    assert not any(column.nullable for column in schema.columns)
