"""hashing_term_frequency against Spark's HashingTF."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import LISTS, NO_NULLS, NULLS, few_frames, from_attributes, list_frame, lists

from pipeline.columns import Dense, Sparse, TextLists
from pipeline.errors import BundleError
from pipeline.operators.base import RowError
from pipeline.operators.text.hashing_tf import HashingTF as Operator

OLD_HASH = "MLeap 0.16 writes no hashUnsafeBytesVersion, which means the hash of Spark 2"


# Words whose two hashes differ, so many that no small number of features hides it.
SHORT = ["abcde", "fghij", "klmno", "pqrst", "uvwxy", "z"]


@pytest.mark.parametrize(("size", "binary"), [(50, False), (50, True), (1000, False)])
def test_hashing_tf(engines: Conformance, size: int, binary: bool) -> None:
    engines.check(hashing(size, binary), list_frame(engines.spark, LISTS), serializer_differs=OLD_HASH)


def test_hashing_tf_as_wide_as_by_default(engines: Conformance) -> None:
    from pyspark.ml.feature import HashingTF

    model = HashingTF(inputCol="w", outputCol="v")
    engines.check(model, list_frame(engines.spark, [["a", "b", "a", "abcde"]]), serializer_differs=OLD_HASH)


def test_hashing_tf_counts_nulls(engines: Conformance) -> None:
    frame = list_frame(engines.spark, [*NULLS, SHORT])
    engines.check(hashing(50), frame, runtime_differs=NO_NULLS, serializer_differs=OLD_HASH)


def test_hashing_tf_of_one_row_and_of_none(engines: Conformance) -> None:
    engines.check(hashing(10), list_frame(engines.spark, [["abcd", "abcd", "b" * 8]]))
    engines.check(hashing(10), list_frame(engines.spark, []))


def test_hashing_tf_refuses_a_null_list(engines: Conformance) -> None:
    engines.refuses(hashing(10), list_frame(engines.spark, [["a"], None]), row=2, column="w")


@few_frames
@given(rows=st.lists(lists, min_size=20, max_size=80), size=st.integers(20, 200), binary=st.booleans())
def test_hashing_tf_of_any_lists(engines: Conformance, rows: list[Any], size: int, binary: bool) -> None:
    frame = list_frame(engines.spark, [*rows, SHORT])
    engines.check(hashing(size, binary), frame, serializer_differs=OLD_HASH)


def test_many_rows_of_wide_vectors_stay_sparse() -> None:
    rows = 200_000
    column = TextLists(np.arange(rows + 1, dtype=np.int64), np.zeros(rows, dtype=np.int32), ["a"])
    made = Operator(1 << 18, False).apply([column])[0]
    assert isinstance(made, Sparse)
    assert len(made.values) == rows


def test_a_bundle_without_a_version_hashes_as_spark_2_did() -> None:
    assert from_attributes(Operator, num_features=8).version == 1


@pytest.mark.parametrize("values", [{"num_features": 0}, {"num_features": 1 << 40}, {"num_features": "x"}, {}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)
    with pytest.raises(BundleError):
        from_attributes(Operator, num_features=8, hashUnsafeBytesVersion=3)


def test_a_column_that_holds_no_texts_is_refused() -> None:
    with pytest.raises(RowError, match="no list of texts"):
        Operator(8, False).apply([Dense(np.zeros((1, 2)))])


def hashing(size: int, binary: bool = False) -> Any:
    from pyspark.ml.feature import HashingTF

    return HashingTF(inputCol="w", outputCol="v", numFeatures=size, binary=binary)
