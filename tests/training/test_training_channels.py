"""Channels: CSV, Parquet and libsvm files into the same arrays, and the place of every mistake."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipeline.errors import DataError, TrainingError
from pipeline.training.channels import read_channel
from pipeline.training.content_types import parse_content_type
from pipeline.training.formats.libsvm import SparseFeatures

CHURN = Path(__file__).parents[3] / "shared" / "data" / "customer-churn-encoded.csv"


def write_parquet(path, columns):
    parquet.write_table(pa.table({f"c{index}": column for index, column in enumerate(columns)}), path)


def same(channel, label, features, weight=None):
    np.testing.assert_array_equal(channel.label, np.asarray(label, np.float32))
    np.testing.assert_array_equal(channel.features, np.asarray(features, np.float32))
    assert channel.label.dtype == channel.features.dtype == np.float32
    if weight is None:
        assert channel.weight is None
    else:
        np.testing.assert_array_equal(channel.weight, np.asarray(weight, np.float32))


def test_one_file_many_files_and_gzip_are_the_same(base, numbers, csv_text):
    label, features = numbers
    text = csv_text(label, features)
    lines = text.splitlines(keepends=True)
    same(read_channel(base.channel("one", {"part.csv": text}), "text/csv"), label, features)
    many = {
        "a.csv": "".join(lines[:100]),
        "b/part-1.csv.gz": gzip.compress("".join(lines[100:250]).encode()),
        "b/part-2.csv": "",
        "c": "".join(lines[250:]).removesuffix("\n"),
        "_SUCCESS": "",
        ".a.csv.crc": "not a row",
        "_temporary/x.csv": "not a row",
    }
    channel = read_channel(base.channel("many", many), "text/csv")
    same(channel, label, features)
    assert channel.files == (
        ("many/a.csv", 100),
        ("many/b/part-1.csv.gz", 150),
        ("many/b/part-2.csv", 0),
        ("many/c", 50),
    )


def test_parquet_is_the_same(base, numbers):
    label, features = numbers
    folder = base.channel("train", {})
    folder.mkdir(parents=True)
    columns = [label, *features.T]
    write_parquet(folder / "a.parquet", [column[:120] for column in columns])
    nulls = [pa.array(column[120:], from_pandas=True) for column in columns]
    write_parquet(folder / "b.parquet", nulls)
    channel = read_channel(folder, "application/x-parquet")
    same(channel, label, features)
    assert not channel.zeros_are_missing


def test_parquet_takes_every_type_of_number(base):
    folder = base.channel("train", {})
    folder.mkdir(parents=True)
    columns = [
        pa.array([1, 2], pa.int8()),
        pa.array([True, None]),
        pa.array([2**60, -3], pa.int64()),
        pa.array([0.5, 1.5], pa.float32()),
        pa.array([1, 2], pa.decimal128(5, 2)),
    ]
    write_parquet(folder / "a.parquet", columns)
    same(
        read_channel(folder, "parquet"),
        [1, 2],
        [[1, 2.0**60, 0.5, 1], [np.nan, -3, 1.5, 2]],
    )


def test_libsvm(base):
    text = "1 0:2.5 3:-1e2 # a comment\n\n0\n-1.5 1:0\t2:nan\n"
    folder = base.channel("train", {"a": text, "b.gz": gzip.compress(b"2 4:1 0:3\n")})
    channel = read_channel(folder, "text/x-libsvm")
    assert channel.label.tolist() == [1, 0, -1.5, 2]
    assert channel.zeros_are_missing
    assert channel.num_feature == 5
    rows = channel.features
    assert isinstance(rows, SparseFeatures)
    assert rows.indptr.tolist() == [0, 2, 2, 4, 6]
    assert rows.indices.tolist() == [0, 3, 1, 2, 0, 4]
    np.testing.assert_array_equal(rows.values, np.array([2.5, -100, 0, np.nan, 3, 1], np.float32))
    assert read_channel(folder, "text/libsvm; num_feature=9").num_feature == 9
    with pytest.raises(TrainingError, match="has 5 features; its content type says 4"):
        read_channel(folder, "text/libsvm;num_feature=4")


def test_libsvm_weights_and_queries(base):
    folder = base.channel("train", {"a": "1:0.5 qid:7 0:1\n0:2 qid:7 0:2\n", "b": "1:1 qid:9\n"})
    channel = read_channel(folder, "libsvm")
    assert channel.weight.tolist() == [0.5, 2, 1]
    assert channel.qid.tolist() == [7, 7, 9]


def test_csv_weights(base, numbers, csv_text):
    label, features = numbers
    weight = np.linspace(0, 2, len(label))
    folder = base.channel("train", {"a.csv": csv_text(label, weight, features)})
    same(read_channel(folder, "text/csv", csv_weights=True), label, features, weight)
    with pytest.raises(TrainingError, match="csv_weights is for CSV; channel 'train' is libsvm"):
        read_channel(folder, "text/libsvm", csv_weights=True)


@pytest.mark.parametrize(
    "text",
    [
        "1,2,\n3,nan,4\n",
        "1,2,NaN\r\n3,,4\r\n",
        '"1","2",""\n3,"",4',
        "\ufeff1,2,\n\n\n3,-nan,4.\n\n",
        "1; 2 ;\n3;;4\n",
        "1\t2.0\t\n3\t\t+4e0\n",
        "1|2|\n3||4",
    ],
)
def test_ways_to_write_the_same_csv(base, text):
    folder = base.channel("train", {"a.csv": text})
    same(read_channel(folder, "text/csv;label_size=1"), [1, 3], [[2, np.nan], [np.nan, 4]])


def test_one_row_without_line_end(base):
    same(read_channel(base.channel("train", {"a": "1,2,3"}), "text/csv"), [1], [[2, 3]])


def test_numbers_round_as_they_do_when_scored(base):
    text = "1.0000000596046447753906251"  # above the middle of two floats, but its double is that middle
    channel = read_channel(base.channel("train", {"a": f"0,{text}\n"}), "text/csv")
    assert channel.features[0, 0] == np.float32(float(text)) == 1


def test_rows_longer_than_a_block(base):
    row = ",".join(["1." + "0" * 2000] * 1000) + "\n"
    channel = read_channel(base.channel("train", {"a": row * 3}), "text/csv")
    assert channel.features.shape == (3, 999)
    assert (channel.features == 1).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.one_of(st.just(float("nan")), st.floats(-(2.0**100), 2.0**100))] * 3), min_size=1, max_size=20
    )
)
def test_csv_holds_any_double_as_numpy_rounds_it(tmp_path_factory, csv_text, rows):
    folder = tmp_path_factory.mktemp("train")
    values = np.array(rows)
    (folder / "a.csv").write_text(csv_text(values), encoding="utf-8")
    channel = read_channel(folder, "text/csv")
    same(channel, values[:, 0], values[:, 1:])


BAD_CSV = [
    ("1,2,3\n4,x,6\n", "train/a.csv, row 2, column 'f0': cell 2 holds 'x'; expected a number or nothing", None),
    ("y,a,b\n1,2,3\n", "row 1, column 'label': cell 1 holds 'y'", "header"),
    ("1,2,3\n4,5\n", "train/a.csv, row 2: cells in the row: 2; expected 3, as in the rows before", None),
    ('"1,2,3"\n"4,5,6"\n', "row 1: cells in the row: 1; expected a label and features", "whole row stands in quotes"),
    ('1,2,3\n"4,5,6",1,1\n', "row 2, column 'label': cell 1 holds '4,5,6'", "whole row stands in quotes"),
    ("1\n2\n", "row 1: cells in the row: 1; expected a label and features", None),
    ("1,2\n3,1e39\n", "row 2, column 'f0': found 1e[+]39; expected a number that a 32-bit float can hold", None),
    ("1,2\n3,-inf\n", "row 2, column 'f0': found -inf; expected a number that a 32-bit float", None),
    ("1,0x10\n", "row 1, column 'f0': cell 2 holds '0x10'", None),
    ("1,1_0\n", "row 1, column 'f0': cell 2 holds '1_0'", None),
    ("1,é\n".encode("latin-1"), "row 1, column 'f0': cell 2 holds", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), BAD_CSV)
def test_bad_csv(base, text, message, hint):
    with pytest.raises(DataError, match=message) as caught:
        read_channel(base.channel("train", {"a.csv": text}), "text/csv")
    assert (caught.value.hint is None) == (hint is None)
    assert hint is None or hint in caught.value.hint


def test_a_real_file_with_every_row_in_quotes(base):
    if not CHURN.exists():
        pytest.skip(f"the churn data is not at {CHURN}")
    with pytest.raises(DataError, match="row 1: cells in the row: 1") as caught:
        read_channel(base.channel("train", {"churn.csv": CHURN.read_bytes()}), "text/csv")
    assert "whole row stands in quotes" in caught.value.hint
    unquoted = CHURN.read_text(encoding="utf-8").replace('"', "")
    channel = read_channel(base.channel("mended", {"churn.csv": unquoted}), "text/csv")
    assert channel.features.shape == (2999, 69)
    assert set(channel.label.tolist()) == {0, 1}


def test_bad_csv_far_down_names_its_row(base):
    rows = "1,2,3\n" * 200_000
    with pytest.raises(DataError) as caught:
        read_channel(base.channel("train", {"a.csv": rows + "1,2,x\n" + rows}), "text/csv")
    assert (caught.value.row, caught.value.column, caught.value.value) == (200_001, "f1", "x")
    with pytest.raises(DataError) as caught:
        read_channel(base.channel("other", {"a.csv": rows + "1,2,1e99\n"}), "text/csv")
    assert (caught.value.row, caught.value.column, caught.value.value) == (200_001, "f1", 1e99)


def test_weight_needs_a_column(base):
    with pytest.raises(DataError, match="cells in the row: 2; expected a label, a weight and features"):
        read_channel(base.channel("train", {"a": "1,2\n"}), "text/csv", csv_weights=True)


def test_files_of_different_width(base):
    folder = base.channel("train", {"a": "1,2,3\n", "b": "1,2\n"})
    with pytest.raises(DataError, match="train/b, row 1: cells in the row: 2; expected 3"):
        read_channel(folder, "text/csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 0:1\nx 0:1\n", "train/a, row 2: found 'x'; expected a label"),
        ("1:2:3 0:1\n", "row 1: found '1:2:3'; expected a label"),
        ("1 0:1 2\n", "row 1: found '2'; expected a feature: index:value"),
        ("1 -1:1\n", "row 1: found '-1:1'; expected a feature"),
        ("1 0:1:2 3\n", "row 1: found '0:1:2'; expected a feature"),
        ("1 0:inf\n", "row 1: found '0:inf'; expected a feature"),
        ("# nothing\n1 0:1\n2 7:1e39\n", "row 2, column 'f7': found inf; expected a number that a 32-bit float"),
        ("1 0:1_0\n", "row 1: found '0:1_0'; expected a feature"),
        ("1 3:1 3:2\n", "row 1: an index stands twice"),
        (
            "1:1 0:1\n1 0:1\n",
            "row 2: a weight or qid stands in some rows only; expected weights in every row or in none",
        ),
        ("1 0:1\n1 qid:1 0:1\n", "row 2: a weight or qid"),
    ],
)
def test_bad_libsvm(base, text, message):
    with pytest.raises(DataError, match=message):
        read_channel(base.channel("train", {"a": text}), "text/libsvm")


def test_bad_parquet(base):
    folder = base.channel("text", {})
    folder.mkdir(parents=True)
    write_parquet(folder / "a", [[1, 2], ["a", "b"]])
    with pytest.raises(DataError, match="text/a, column 'c1': the column is of type string; expected numbers"):
        read_channel(folder, "parquet")
    folder = base.channel("vector", {})
    folder.mkdir(parents=True)
    write_parquet(folder / "a", [[1, 2], [[1.0], [2.0]]])
    with pytest.raises(DataError, match="column 'c1': the column is of type list") as caught:
        read_channel(folder, "parquet")
    assert "one column of doubles a feature" in caught.value.hint
    folder = base.channel("narrow", {})
    folder.mkdir(parents=True)
    write_parquet(folder / "a", [[1, 2]])
    with pytest.raises(DataError, match="the file has 1 columns; expected a label and features"):
        read_channel(folder, "parquet")
    folder = base.channel("wide", {})
    folder.mkdir(parents=True)
    write_parquet(folder / "a", [[1, 2], [1, 2]])
    write_parquet(folder / "b", [[1, 2], [1, 2], [1, 2]])
    with pytest.raises(DataError, match="wide/b: the file has 3 columns; expected 2, as in the files before"):
        read_channel(folder, "parquet")
    folder = base.channel("large", {})
    folder.mkdir(parents=True)
    write_parquet(folder / "a", [[1.0, 2.0], [1.0, 1e300]])
    with pytest.raises(DataError, match=r"large/a, row 2, column 'c1': found 1e\+300"):
        read_channel(folder, "parquet")
    with pytest.raises(DataError, match="junk/a: not Parquet"):
        read_channel(base.channel("junk", {"a": "1,2,3\n"}), "parquet")


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text(alphabet='0123456789.,;:-+eEnaqid# \t\r\n"\x00\x0b', max_size=60).map(str.encode),
        st.sampled_from([b'1,"' + b"9" * 140_000 + b'"\n', b"PAR1" + bytes(40) + b"PAR1"]),
    ),
    st.sampled_from(["text/csv", "text/libsvm", "parquet"]),
)
def test_any_bytes_are_rows_or_a_clear_error(tmp_path_factory, content, content_type):
    folder = tmp_path_factory.mktemp("train")
    (folder / "a").write_bytes(content)
    try:
        channel = read_channel(folder, content_type)
    except (DataError, TrainingError):
        return
    assert len(channel) == len(channel.label) == len(channel.features) == sum(rows for _, rows in channel.files) > 0


def test_broken_gzip(base):
    whole = gzip.compress(b"1,2\n" * 1000)
    for name, content in {"cut": whole[:-12], "junk": b"1,2\n"}.items():
        with pytest.raises(DataError, match=f"{name}/a.gz: the file cannot be read"):
            read_channel(base.channel(name, {"a.gz": content}), "text/csv")


@pytest.mark.parametrize("content_type", ["text/csv", "text/libsvm", "parquet"])
def test_no_rows(base, content_type):
    folder = base.channel("train", {"_SUCCESS": ""} if content_type == "parquet" else {"a": "\n", "b": ""})
    with pytest.raises(TrainingError, match="channel 'train' has no rows"):
        read_channel(folder, content_type)
    with pytest.raises(TrainingError, match="channel 'nowhere' has no folder"):
        read_channel(base.container.channel("nowhere"), content_type)


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("text/csv", "csv"),
        ("TEXT/CSV; charset=utf-8; label_size=1", "csv"),
        ("csv", "csv"),
        ("text/libsvm ;charset=utf8", "libsvm"),
        ("text/x-libsvm", "libsvm"),
        ("libsvm", "libsvm"),
        ("application/x-parquet", "parquet"),
        ("parquet", "parquet"),
    ],
)
def test_content_types(text, format_):
    assert parse_content_type(text).format == format_


@pytest.mark.parametrize(
    "text",
    ["", "application/json", "application/x-recordio-protobuf", "text/csv;label_size=0", "libsvm;num_feature=0"],
)
def test_content_types_that_are_refused(text):
    with pytest.raises(TrainingError, match="content type"):
        parse_content_type(text)
