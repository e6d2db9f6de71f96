"""recordIO-protobuf against Google's protobuf and what SageMaker's SDK writes, both ways, and what is damaged."""

from __future__ import annotations

import io
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from record_message import Record, contents, framed, message

from pipeline.errors import DataError
from pipeline.recordio import Rows, encode_labels, encode_rows, frames, read_labels, read_rows

# What write_spmatrix_to_sparse_tensor and write_numpy_to_dense_tensor of the SDK 2.257 write of the rows below.
SPARSE = bytes.fromhex(
    "0a23d7ce360000000a200a0676616c756573121612140a080000803f0000803f120301ac021a03a08d0612120a0676616c756573120812060a"
    "040000804000000a23d7ce370000000a210a0676616c756573121712150a080000803f0000803f120402f0a2041a03a08d0612120a0676616c"
    "756573120812060a040000a04000"
)
DENSE = bytes.fromhex(
    "0a23d7ce300000000a1a0a0676616c7565731210120e0a0c0000803f0000803f0000803f12120a0676616c756573120812060a04000080400a"
    "23d7ce300000000a1a0a0676616c7565731210120e0a0c0000803f0000803f0000803f12120a0676616c756573120812060a040000a040"
)


def read(stream: bytes, size: int = 4 << 20) -> Rows:
    return Rows.together(list(read_rows(io.BytesIO(stream), "rows.pbr", size=size)))


def test_bytes_are_those_of_the_sdk() -> None:
    rows = Rows.of(np.array([[1, 300], [2, 70000]]), np.ones((2, 2)), 100000, np.array([4, 5]))
    assert encode_rows(rows) == SPARSE
    found = read(SPARSE)
    assert (found.keys == rows.keys).all()
    assert (found.labels == [4, 5]).all()
    dense = read(DENSE)
    assert dense.keys.tolist() == [0, 1, 2, 0, 1, 2]
    assert dense.sizes.tolist() == [3, 3]


FLOATS = st.floats(width=32, allow_nan=False)
SPARSE_ROW = st.lists(st.tuples(st.integers(0, 2**62), FLOATS), max_size=6)


@settings(max_examples=150)
@given(st.lists(st.tuples(SPARSE_ROW, FLOATS), max_size=20), st.booleans(), st.sampled_from([16, 100, 4 << 20]))
def test_any_rows_go_both_ways(
    given_rows: list[tuple[list[tuple[int, float]], float]], labelled: bool, size: int
) -> None:
    counts = [len(row) for row, _ in given_rows]
    rows = Rows(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array([key for row, _ in given_rows for key, _ in row], np.int64),
        np.array([value for row, _ in given_rows for _, value in row], np.float32),
        np.full(len(given_rows), 2**62 + 1, np.int64),
        np.array([label for _, label in given_rows], np.float32) if labelled else None,
    )
    stream = encode_rows(rows)
    expected = [
        message([value for _, value in row], [key for key, _ in row], 2**62 + 1, label if labelled else None)
        for row, label in given_rows
    ]
    # Google's maps have one entry: their order is certain.
    assert [Record.FromString(content) for content in contents(stream)] == expected
    assert stream == framed(*(record.SerializeToString(deterministic=True) for record in expected))
    found = read(stream, size)
    for name in ("starts", "keys", "values", "sizes"):
        assert (getattr(found, name) == getattr(rows, name)).all(), name
    if given_rows:
        assert (found.labels is None) == (not labelled)
    assert b"".join(frames(io.BytesIO(stream), size=size)) == stream


@pytest.mark.parametrize("tensor", ["float32_tensor", "float64_tensor", "int32_tensor"])
def test_each_kind_of_tensor_and_label(tensor: str) -> None:
    records = [message([3, -2], label=-1, tensor=tensor), message([7], [4], 9, label=2, tensor=tensor)]
    records[1].uid = "second"
    rows = read(framed(*(record.SerializeToString() for record in records)))
    assert rows.values.tolist() == [3, -2, 7]
    assert rows.keys.tolist() == [0, 1, 4]
    assert rows.sizes.tolist() == [2, 9]
    assert rows.labels is not None
    assert rows.labels.tolist() == [-1, 2]


def test_labels_are_read_by_name() -> None:
    reply = encode_labels({"score": np.array([0.25, math.inf]), "predicted_label": np.array([0, 1])})
    assert read_labels(io.BytesIO(reply), "score").tolist() == [0.25, math.inf]
    record = Record.FromString(contents(reply)[0])
    assert record.label["predicted_label"].float32_tensor.values == [0]
    with pytest.raises(DataError, match=r"record 1, byte 0: the record has no label 'rank'"):
        read_labels(io.BytesIO(reply), "rank")


def test_a_batch_where_one_record_lacks_its_label_has_none() -> None:
    assert read(framed(message([1], label=1).SerializeToString(), message([1]).SerializeToString())).labels is None


BROKEN = {
    "cut off in a head": (SPARSE[:-58], r"record 2, byte 64: the stream is cut off: 6 bytes of a record's head"),
    "cut off in a record": (SPARSE[:-1], r"record 2, byte 64: the stream is cut off: 55 bytes of a record of 55"),
    "no magic": (
        SPARSE[:64] + b"rows" + SPARSE[68:],
        r"record 2, byte 64: found 726f7773, which begins no record; expected 0a23d7ce",
    ),
    "far too long": (
        SPARSE[:68] + b"\xff" * 4 + SPARSE[72:],
        r"record 2, byte 68: the record's length is 4,294,967,295",
    ),
    "a length inside": (
        SPARSE[:73] + b"\x7f" + SPARSE[74:],
        r"record 2, byte 72: a field of 127 bytes, where 53 are left",
    ),
    "another feature": (
        SPARSE.replace(b"values", b"valves"),
        r"record 1, byte \d+: a feature named 'valves'; expected 'values'",
    ),
    "a key too high": (
        framed(message([1], [9], 9).SerializeToString()),
        r"record 1, byte \d+: the key 9 of a row with shape 9",
    ),
    "keys missing": (framed(message([1, 2], [3], 9).SerializeToString()), r"record 1, byte \d+: 2 values with 1 keys"),
    "no features": (
        framed(Record(uid="1").SerializeToString()),
        r"record 1, byte 8: the record has no feature 'values'",
    ),
    "two types": (
        framed(message([1]).SerializeToString(), message([1], tensor="int32_tensor").SerializeToString()),
        r"record 1, byte \d+: the values are not of one type",
    ),
}


# Of two types: each small block has one.
@pytest.mark.parametrize(
    ("name", "size"), [(name, size) for name in BROKEN for size in (16, 4 << 20) if (name, size) != ("two types", 16)]
)
def test_what_is_damaged_is_told_by_record_and_byte(name: str, size: int) -> None:
    stream, expected = BROKEN[name]
    with pytest.raises(DataError, match=rf"rows\.pbr: {expected}"):
        read(stream, size)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(SPARSE) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_damage_is_an_error_of_ours_or_no_damage(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(SPARSE)
    for at, byte in changes:
        damaged[at] = byte
    try:
        rows = read(bytes(damaged))
    except DataError as error:
        told = str(error)
    else:
        assert len(rows.values) == len(rows.keys) == rows.starts[-1]
        return
    assert re.match(r"rows\.pbr: record \d+, byte \d+: ", told)
