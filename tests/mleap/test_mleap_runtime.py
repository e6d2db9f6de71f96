"""The runtime answers what Spark answered, bit for bit, and never leaves its caller waiting."""

from __future__ import annotations

import os
import shutil
import signal
import tarfile
import threading
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.errors import BundleError, DataError, RequirementError
from pipeline.mleap.child import Child
from pipeline.mleap.runtime import Runtime, available

pytestmark = pytest.mark.mleap


def read(folder: Path, name: str) -> pa.Table:
    """A table write_bundles.py made, with Arrow's own names for a list's items."""
    table = pq.read_table(folder / f"{name}.parquet")
    kinds = [pa.list_(kind.value_type) if pa.types.is_list(kind) else kind for kind in table.schema.types]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def bits(array: pa.ChunkedArray) -> object:
    """Doubles as their bit patterns, so that -0.0 is not 0.0 and NaN is itself."""
    if pa.types.is_list(array.type):
        values = array.combine_chunks()
        return (values.value_lengths().to_pylist(), bits(pa.chunked_array([values.flatten()])))
    if pa.types.is_floating(array.type):
        return array.to_numpy().view(f"i{array.type.bit_width // 8}").tolist()
    return array.to_pylist()


def replace(table: pa.Table, name: str, array: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, array)


@pytest.mark.parametrize("name", ["abalone", "types"])
def test_equals_spark_to_the_last_bit(runtime: Runtime, mleap_spark: Path, name: str) -> None:
    spark = read(mleap_spark, f"{name}-output")
    model = runtime.load(mleap_spark / f"{name}.zip")
    mleap = model.transform(read(mleap_spark, f"{name}-input"))
    assert mleap.column_names == spark.column_names
    for column in spark.column_names:
        assert mleap[column].type == spark[column].type, column
        assert bits(mleap[column]) == bits(spark[column]), column
    assert spark.num_rows >= 3000


def test_named_columns_in_the_order_asked(runtime: Runtime, mleap_spark: Path) -> None:
    rows = read(mleap_spark, "abalone-input").slice(0, 7)
    result = runtime.load(mleap_spark / "abalone.zip").transform(rows, ["features", "sex"])
    assert result.column_names == ["features", "sex"]
    assert result["sex"].to_pylist() == rows["sex"].to_pylist()
    assert {len(row) for row in result["features"].to_pylist()} == {7 + 5}


def test_no_rows(runtime: Runtime, mleap_spark: Path) -> None:
    nothing = read(mleap_spark, "abalone-input").schema.empty_table()
    result = runtime.load(mleap_spark / "abalone.zip").transform(nothing, ["features"])
    assert result.num_rows == 0
    assert result.schema.field("features").type == pa.list_(pa.float64())


def test_many_batches_keep_their_order(runtime: Runtime, mleap_spark: Path) -> None:
    rows = read(mleap_spark, "abalone-input")
    table = pa.concat_tables([rows] * 8)
    counted = replace(table, "rings", pa.array(range(len(table)), pa.int32()))
    result = runtime.load(mleap_spark / "abalone.zip").transform(counted, ["features"])
    last = result["features"].combine_chunks().flatten().to_numpy().reshape(len(table), -1)[:, -1]
    assert np.array_equal(last, np.arange(len(table)))


@pytest.fixture(scope="module", params=["folder", "tar.gz"])
def packed(request: pytest.FixtureRequest, mleap_spark: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a folder with blanks") / "bundle"
    shutil.unpack_archive(mleap_spark / "abalone.zip", folder)
    if request.param == "folder":
        return folder
    path = folder.with_name("model.tar.gz")
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, ".")
    return path


def test_folder_and_tar_load_like_the_zip(runtime: Runtime, mleap_spark: Path, packed: Path) -> None:
    rows = read(mleap_spark, "abalone-input").slice(0, 50)
    assert runtime.load(packed).transform(rows).equals(runtime.load(mleap_spark / "abalone.zip").transform(rows))


def test_a_broken_bundle_is_a_bundle_error(runtime: Runtime, mleap_spark: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="does not exist"):
        runtime.load(tmp_path / "none.zip")
    (tmp_path / "text.tar.gz").write_text("not a tar archive")
    with pytest.raises(BundleError, match=r"text\.tar\.gz is neither a zip, a tar.gz nor a folder"):
        runtime.load(tmp_path / "text.tar.gz")
    shutil.unpack_archive(mleap_spark / "abalone.zip", tmp_path / "bundle")
    shutil.rmtree(tmp_path / "bundle" / "root")
    with pytest.raises(BundleError, match="MLeap cannot load the bundle: NoSuchFileException"):
        runtime.load(tmp_path / "bundle")


@pytest.mark.parametrize(("word", "complaint"), [("unseen", "Unseen label: unseen"), (None, "encountered NULL value")])
def test_an_unseen_category_names_its_row(
    runtime: Runtime, mleap_spark: Path, word: str | None, complaint: str
) -> None:
    rows = read(mleap_spark, "abalone-input")
    rows = pa.concat_tables([rows] * 5).filter(pc.field("sex").is_valid())
    words = rows["sex"].to_pylist()
    words[12_321] = word
    with pytest.raises(DataError, match=complaint) as caught:
        runtime.load(mleap_spark / "strict.zip").transform(replace(rows, "sex", pa.array(words)))
    assert caught.value.row == 12_322


def test_a_null_number_names_its_row(runtime: Runtime, mleap_spark: Path) -> None:
    rows = read(mleap_spark, "abalone-input").slice(0, 20)
    lengths = rows["length"].to_pylist()
    lengths[3] = None
    with pytest.raises(DataError) as caught:
        runtime.load(mleap_spark / "abalone.zip").transform(replace(rows, "length", pa.array(lengths)))
    assert caught.value.row == 4


def test_wrong_columns_name_no_row(runtime: Runtime, mleap_spark: Path) -> None:
    rows = read(mleap_spark, "abalone-input")
    model = runtime.load(mleap_spark / "abalone.zip")
    with pytest.raises(DataError, match="invalid field: sex") as caught:
        model.transform(rows.drop_columns("sex"))
    assert caught.value.row is None
    with pytest.raises(DataError, match="nowhere"):
        model.transform(rows, ["nowhere"])


def test_a_decimal_is_refused(runtime: Runtime, mleap_spark: Path) -> None:
    rows = read(mleap_spark, "abalone-input")
    decimals = replace(rows, "length", pa.array([1] * len(rows), pa.decimal128(10, 2)))
    with pytest.raises(DataError, match="decimal128") as caught:
        runtime.load(mleap_spark / "abalone.zip").transform(decimals)
    assert caught.value.column == "length"


def test_a_killed_child_is_an_error(mleap_spark: Path) -> None:
    if why := available():
        pytest.skip(why)
    rows = read(mleap_spark, "abalone-input")
    with Runtime(timeout=120) as runtime:
        model = runtime.load(mleap_spark / "abalone.zip")
        os.kill(runtime.pid, signal.SIGSTOP)  # in the middle of a request, whatever the machine's speed
        killer = threading.Timer(0.5, os.kill, [runtime.pid, signal.SIGKILL])
        killer.start()
        started = time.monotonic()
        with pytest.raises(RequirementError, match="ended with signal 9"):
            model.transform(rows)
        assert time.monotonic() - started < 30
        killer.join()
        with pytest.raises(RequirementError, match="has been closed"):
            model.transform(rows)


def test_closing_ends_a_request_of_another_thread() -> None:
    child = Child(timeout=60)
    os.kill(child.pid, signal.SIGSTOP)
    closer = threading.Timer(0.3, child.close)
    closer.start()
    with pytest.raises(RequirementError, match="has been closed"):
        child.ask({"do": "start"})
    closer.join()


def test_a_child_that_does_not_answer_is_an_error() -> None:
    child = Child(timeout=0.5)
    try:
        os.kill(child.pid, signal.SIGSTOP)
        with pytest.raises(RequirementError, match=r"no answer in 0\.5 s"):
            child.ask({"do": "start"})
    finally:
        child.close()


def test_a_jvm_that_does_not_start_is_an_error(tmp_path: Path) -> None:
    child = Child(timeout=60)
    try:
        with pytest.raises(RequirementError, match="does not start"):
            child.ask({"do": "start", "library": str(tmp_path / "libjvm.so"), "jars": []})
    finally:
        child.close()
