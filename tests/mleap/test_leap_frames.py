"""Leap frames of MLeap's binary format keep every value of an Arrow batch."""

from __future__ import annotations

import struct
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.mleap.leap_decode import decode
from pipeline.mleap.leap_encode import encode

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ITEMS = [
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-(2**7), 2**7 - 1)),
    (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.float32(), st.floats(width=32, allow_nan=False)),
    (pa.float64(), st.floats(allow_nan=False)),
    (pa.string(), TEXT),
]
COLUMNS = ITEMS + [(pa.list_(kind), st.lists(values, max_size=4)) for kind, values in ITEMS]


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    rows = draw(st.integers(0, 6))
    arrays = []
    for kind, values in draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5)):
        cells = values if draw(st.booleans()) else st.none() | values
        arrays.append(pa.array(draw(st.lists(cells, min_size=rows, max_size=rows)), kind))
    batch = pa.record_batch(arrays, names=[f"c{i}" for i in range(len(arrays))])
    return batch.slice(draw(st.integers(0, rows)))


@given(batches())
@settings(deadline=None)
def test_a_frame_holds_what_the_batch_held(batch: pa.RecordBatch) -> None:
    assert repr(decode(encode(batch)).to_pylist()) == repr(batch.to_pylist())  # repr tells -0.0 from 0.0


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["a", None, "a"]).dictionary_encode(),
        pa.array(["a", None, "ü"], pa.large_string()),
        pa.array([[1.0, 2.0], None, [3.0, 4.0]], pa.list_(pa.float64(), 2)),
        pa.array([["a"], None, []], pa.large_list(pa.string())),
    ],
    ids=lambda array: str(array.type),
)
def test_other_spellings_of_text_and_lists(array: pa.Array) -> None:
    assert decode(encode(pa.record_batch([array], names=["c"])))["c"].to_pylist() == array.to_pylist()


def test_nan_and_infinity_are_values() -> None:
    column = pa.array([float("nan"), float("inf"), None])
    assert repr(decode(encode(pa.record_batch([column], names=["c"])))["c"].to_pylist()) == "[nan, inf, None]"


def test_a_sparse_tensor_becomes_dense() -> None:
    """As TensorSerializer writes it: kind 1, rank, shape, values, and each index after its own rank."""
    schema = b'{"fields":[{"name":"c","type":{"type":"tensor","base":"double"}}]}'
    vector = struct.pack(">?HHi i2d i HiHi", True, 1, 1, 5, 2, 1.5, -2.5, 2, 1, 3, 1, 0)
    matrix = struct.pack(">?HH2i i1d i H2i", True, 1, 2, 2, 3, 1, 7.0, 1, 2, 1, 0)
    frame = struct.pack(">i", len(schema)) + schema + struct.pack(">i", 3) + vector + matrix + b"\0"
    assert decode(frame)["c"].to_pylist() == [[-2.5, 0, 0, 1.5, 0], [0, 0, 0, 7.0, 0, 0], None]


@pytest.mark.parametrize(
    "kind", [pa.decimal128(5, 2), pa.date32(), pa.uint8(), pa.list_(pa.list_(pa.float64()))], ids=str
)
def test_a_type_mleap_lacks_is_refused(kind: Any) -> None:
    with pytest.raises(DataError, match="has no MLeap type") as caught:
        encode(pa.record_batch([pa.nulls(1, kind)], names=["c"]))
    assert caught.value.column == "c"


def test_a_null_inside_a_list_names_its_row() -> None:
    column = pa.array([[1.0], None, [], [2.0, None]])
    with pytest.raises(DataError, match="inside a list") as caught:
        encode(pa.record_batch([column], names=["c"]), offset=100)
    assert (caught.value.row, caught.value.column) == (104, "c")


def test_rows_without_columns_are_refused() -> None:
    with pytest.raises(DataError, match="without columns"):
        encode(pa.record_batch([], names=[]))
