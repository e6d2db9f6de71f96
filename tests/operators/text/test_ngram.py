"""ngram against Spark's NGram."""

from __future__ import annotations

from typing import Any

import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import LISTS, NO_NULLS, NULLS, few_frames, from_attributes, list_frame, lists

from pipeline.errors import BundleError
from pipeline.operators.text.ngram import NGram as Operator


@pytest.mark.parametrize("n", [1, 2, 5, 2**31 - 1])
def test_ngram(engines: Conformance, n: int) -> None:
    engines.check(ngram(n), list_frame(engines.spark, LISTS))


def test_a_null_is_the_word_null(engines: Conformance) -> None:
    engines.check(ngram(2), list_frame(engines.spark, NULLS), runtime_differs=NO_NULLS)


def test_ngram_of_one_row_and_of_none(engines: Conformance) -> None:
    engines.check(ngram(2), list_frame(engines.spark, [["a", "b", "a", "b"]]))
    engines.check(ngram(2), list_frame(engines.spark, []))


def test_ngram_refuses_a_null_list(engines: Conformance) -> None:
    engines.refuses(ngram(2), list_frame(engines.spark, [["a"], None]), row=2, column="w")


@few_frames
@given(rows=st.lists(lists, min_size=20, max_size=80), n=st.integers(1, 5))
def test_ngram_of_any_lists(engines: Conformance, rows: list[Any], n: int) -> None:
    engines.check(ngram(n), list_frame(engines.spark, rows))


@pytest.mark.parametrize("values", [{}, {"n": 0}, {"n": -1}, {"n": "2"}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def ngram(n: int) -> Any:
    from pyspark.ml.feature import NGram

    return NGram(n=n, inputCol="w", outputCol="g")
