"""word_filter against MLeap's runtime."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from conformance import Conformance
from hypothesis import given, settings
from hypothesis import strategies as st
from mleap_cases import same_as_runtime, scorer_of
from text_cases import LISTS, NULLS, from_attributes, lists

from pipeline.errors import BundleError, DataError
from pipeline.operators.base import Shape
from pipeline.operators.extras.word_filter import WordFilter

SHAPE = Shape({"input": "w"}, {"output": "o"})


@pytest.mark.parametrize("length", [3, 0, -1])
def test_word_filter(engines: Conformance, length: int) -> None:
    words = ["abcd", "abc", "ab1d", "été été", "Straße", "日本語の字", "𝐀𝐁𝐂𝐃", "ªbcd", "e\u0301abc", "²abcd", ""]
    same_as_runtime(engines, WordFilter(length), table_of([*LISTS, words]), SHAPE)


@settings(max_examples=5)
@given(rows=st.lists(lists, min_size=50, max_size=200), length=st.integers(0, 4))
def test_word_filter_of_any_lists(engines: Conformance, rows: list[list[str]], length: int) -> None:
    same_as_runtime(engines, WordFilter(length), table_of(rows), SHAPE)


@pytest.mark.parametrize("bad", [None, NULLS[0]])
def test_nulls_are_refused(tmp_path: Path, bad: list[str] | None) -> None:
    with pytest.raises(DataError) as caught:
        scorer_of(WordFilter(), SHAPE, tmp_path).transform(table_of([["a"], bad]), ["o"])
    assert (caught.value.row, caught.value.column) == (2, "w")


def test_hostile_attributes() -> None:
    for values in ({}, {"length": "3"}):
        with pytest.raises(BundleError):
            from_attributes(WordFilter, **values)


def table_of(rows: list[list[str] | None]) -> pa.Table:
    return pa.table({"w": pa.array(rows, pa.list_(pa.string()))})
