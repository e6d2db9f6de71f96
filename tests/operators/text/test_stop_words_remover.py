"""stopwords_remover against Spark's StopWordsRemover."""

from __future__ import annotations

from typing import Any

import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import LISTS, NO_NULLS, NULLS, few_frames, from_attributes, list_frame, lists, words

from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.text.stop_words_remover import StopWordsRemover as Operator


@pytest.mark.parametrize("sensitive", [False, True])
@pytest.mark.parametrize("stop_words", [["THE", "a", "", "ΟΔΟΣ", "😀"], ["i̇", "É"]])
def test_stop_words_remover(engines: Conformance, stop_words: list[str], sensitive: bool) -> None:
    engines.check(remover(stopWords=stop_words, caseSensitive=sensitive), list_frame(engines.spark, LISTS))


def test_the_default_words_and_another_locale(engines: Conformance) -> None:
    frame = list_frame(engines.spark, [*LISTS, ["I", "am", "The", "one", "isn't"]])
    engines.check(remover(), frame)
    engines.check(remover(locale="de_DE"), frame)


def test_stop_words_remover_of_several_columns(engines: Conformance) -> None:
    from pyspark.ml.feature import StopWordsRemover

    frame = engines.spark.createDataFrame([(["a", "b"], ["c", "the"])], "x array<string>, y array<string>")
    several = StopWordsRemover(inputCols=["x", "y"], outputCols=["p", "q"], stopWords=["a", "the"])
    engines.without_serializer("cannot write several columns").check(several, frame)


def test_nulls_stay(engines: Conformance) -> None:
    engines.check(remover(stopWords=["the"]), list_frame(engines.spark, NULLS), runtime_differs=NO_NULLS)


def test_stop_words_remover_of_one_row_and_of_none(engines: Conformance) -> None:
    engines.check(remover(), list_frame(engines.spark, [["The", "end"]]))
    engines.check(remover(), list_frame(engines.spark, []))


def test_stop_words_remover_refuses_a_null_list(engines: Conformance) -> None:
    engines.refuses(remover(), list_frame(engines.spark, [["a"], None]), row=2, column="w")


@few_frames
@given(rows=st.lists(lists, min_size=20, max_size=80), stop_words=st.lists(words, max_size=9), sensitive=st.booleans())
def test_stop_words_remover_of_any_lists(
    engines: Conformance, rows: list[Any], stop_words: list[str], sensitive: bool
) -> None:
    engines.check(remover(stopWords=stop_words, caseSensitive=sensitive), list_frame(engines.spark, rows))


@pytest.mark.parametrize("locale", ["tr_TR", "az", "lt_LT"])
def test_a_locale_with_a_lower_case_of_its_own_is_refused(spark: Any, locale: str) -> None:
    with pytest.raises(UnsupportedStageError, match=locale):
        Operator.from_spark(remover(locale=locale), {})


@pytest.mark.parametrize("values", [{}, {"stop_words": [1]}, {"stop_words": ["a"], "case_sensitive": "x"}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def remover(**params: Any) -> Any:
    from pyspark.ml.feature import StopWordsRemover

    return StopWordsRemover(inputCol="w", outputCol="o", **params)
