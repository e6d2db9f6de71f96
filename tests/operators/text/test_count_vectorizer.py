"""count_vectorizer against Spark's CountVectorizerModel."""

from __future__ import annotations

from typing import Any

import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import LISTS, NO_NULLS, NULLS, few_frames, from_attributes, list_frame, lists

from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.text.count_vectorizer import CountVectorizer as Operator

ROWS = [*LISTS, ["a", "a", "a", "b", "x", "y", "z"]]


@pytest.mark.parametrize(("least", "binary"), [(1.0, False), (2.0, True), (0.4, False), (0.0, True), (2.5, False)])
def test_count_vectorizer(engines: Conformance, least: float, binary: bool) -> None:
    engines.check(vectorizer(["a", "b", "é", "😀", "", "ΟΔΟΣ"], least, binary), list_frame(engines.spark, ROWS))


def test_count_vectorizer_with_a_fitted_vocabulary(engines: Conformance) -> None:
    from pyspark.ml.feature import CountVectorizer

    frame = list_frame(engines.spark, [["a", "b", "a"], ["b", "日本"], ["a"]])
    engines.check(CountVectorizer(inputCol="w", outputCol="v", vocabSize=2, minDF=2).fit(frame), frame)


def test_count_vectorizer_counts_no_nulls(engines: Conformance) -> None:
    engines.check(vectorizer(["a", "null"], 0.5), list_frame(engines.spark, NULLS), runtime_differs=NO_NULLS)


def test_count_vectorizer_of_one_row_and_of_none(engines: Conformance) -> None:
    engines.check(vectorizer(["a"]), list_frame(engines.spark, [["a", "a"]]))
    engines.check(vectorizer(["a"]), list_frame(engines.spark, []))


def test_count_vectorizer_refuses_a_null_list(engines: Conformance) -> None:
    engines.refuses(vectorizer(["a"]), list_frame(engines.spark, [["a"], None]), row=2, column="w")


@few_frames
@given(
    rows=st.lists(lists, min_size=20, max_size=80),
    least=st.one_of(st.floats(0.0, 1.0), st.floats(1.0, 4.0)),
    binary=st.booleans(),
)
def test_count_vectorizer_of_any_lists(engines: Conformance, rows: list[Any], least: float, binary: bool) -> None:
    vocabulary = sorted({word for row in rows for word in row if word is not None} - {"a"}) or ["a"]
    engines.check(vectorizer(vocabulary, least, binary), list_frame(engines.spark, rows))


def test_a_word_that_stands_twice_is_refused(spark: Any) -> None:
    with pytest.raises(UnsupportedStageError, match="twice"):
        Operator.from_spark(vectorizer(["a", "a"]), {})
    with pytest.raises(BundleError, match="twice"):
        from_attributes(Operator, vocabulary=["a", "a"])


@pytest.mark.parametrize("values", [{}, {"vocabulary": [1]}, {"vocabulary": ["a"], "binary": 1}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def vectorizer(vocabulary: list[str], least: float = 1.0, binary: bool = False) -> Any:
    from pyspark.ml.feature import CountVectorizerModel

    model = CountVectorizerModel.from_vocabulary(vocabulary, inputCol="w", outputCol="v")
    return model.setMinTF(least).setBinary(binary)
