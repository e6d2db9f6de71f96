"""regex_tokenizer against Spark's RegexTokenizer."""

from __future__ import annotations

from typing import Any

import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import TEXTS, few_frames, from_attributes, text_frame, texts

from pipeline.errors import BundleError, UnsupportedStageError
from pipeline.operators.text.regex_tokenizer import RegexTokenizer as Operator


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"pattern": r"[^\p{L}]", "minTokenLength": 0, "toLowercase": False},
        {"pattern": r"\w+|\S", "gaps": False, "minTokenLength": 2},
        {"pattern": r"😀|[\p{Punct}\s]+", "gaps": True, "minTokenLength": 3},
    ],
)
def test_regex_tokenizer(engines: Conformance, params: dict[str, Any]) -> None:
    engines.check(tokenizer(**params), text_frame(engines.spark, [*TEXTS, "ab", "ABC", "é😀", "x,y"]))


def test_regex_tokenizer_of_one_row_and_of_none(engines: Conformance) -> None:
    engines.check(tokenizer(), text_frame(engines.spark, [" A b"]))
    engines.check(tokenizer(), text_frame(engines.spark, []))


def test_regex_tokenizer_refuses_null(engines: Conformance) -> None:
    engines.refuses(tokenizer(), text_frame(engines.spark, ["a", None]), row=2, column="t")


@few_frames
@given(
    rows=st.lists(texts, min_size=20, max_size=80),
    params=st.fixed_dictionaries(
        {
            "pattern": st.sampled_from([r"\s", r"\W+", "[a-z]+", r"[^\s]", ".", "a|é", r"\p{Lu}", "-$"]),
            "gaps": st.booleans(),
            "minTokenLength": st.integers(0, 4),
            "toLowercase": st.booleans(),
        }
    ),
)
def test_regex_tokenizer_of_any_text(engines: Conformance, rows: list[str], params: dict[str, Any]) -> None:
    engines.check(tokenizer(**params), text_frame(engines.spark, rows))


def test_a_pattern_that_python_reads_otherwise_is_refused(spark: Any) -> None:
    model = tokenizer(pattern=r"\b")
    with pytest.raises(UnsupportedStageError, match=model.uid):
        Operator.from_spark(model, {})


@pytest.mark.parametrize("values", [{}, {"regex": "a*"}, {"regex": "("}, {"regex": "a", "token_min_length": "x"}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)


def tokenizer(**params: Any) -> Any:
    from pyspark.ml.feature import RegexTokenizer

    return RegexTokenizer(inputCol="t", outputCol="w", **params)
