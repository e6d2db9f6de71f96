"""tokenizer against Spark's Tokenizer."""

from __future__ import annotations

from typing import Any

from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import TEXTS, few_frames, text_frame, texts


def test_tokenizer(engines: Conformance) -> None:
    engines.check(tokenizer(), text_frame(engines.spark, TEXTS))


def test_tokenizer_of_one_row_and_of_none(engines: Conformance) -> None:
    engines.check(tokenizer(), text_frame(engines.spark, ["A b"]))
    engines.check(tokenizer(), text_frame(engines.spark, []))


def test_tokenizer_refuses_null(engines: Conformance) -> None:
    engines.refuses(tokenizer(), text_frame(engines.spark, ["a", None]), row=2, column="t")


@few_frames
@given(rows=st.lists(texts, min_size=20, max_size=80))
def test_tokenizer_of_any_text(engines: Conformance, rows: list[str]) -> None:
    engines.check(tokenizer(), text_frame(engines.spark, rows))


def tokenizer() -> Any:
    from pyspark.ml.feature import Tokenizer

    return Tokenizer(inputCol="t", outputCol="w")
