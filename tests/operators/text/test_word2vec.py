"""word_to_vector against Spark's Word2VecModel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import LISTS, NO_NULLS, NULLS, few_frames, from_attributes, list_frame, lists

from pipeline.columns import TextLists
from pipeline.errors import BundleError
from pipeline.operators.text.word2vec import Word2Vec as Operator

WORDS = TextLists(np.array([0, 2, 2, 3]), np.array([0, 1, 2], dtype=np.int32), ["a", "b", "new"])


@pytest.fixture(scope="module")
def model(spark: Any) -> Any:
    from pyspark.ml.feature import Word2Vec

    frame = list_frame(spark, [row for row in LISTS if row] * 3)
    return Word2Vec(inputCol="w", outputCol="v", vectorSize=3, minCount=2, seed=1, maxIter=1).fit(frame)


def test_word2vec(engines: Conformance, model: Any) -> None:
    engines.check(model, list_frame(engines.spark, [*LISTS, ["new"], ["a"] * 7]))


def test_word2vec_counts_nulls_as_words_without_a_vector(engines: Conformance, model: Any) -> None:
    engines.check(model, list_frame(engines.spark, NULLS), runtime_differs=NO_NULLS)


def test_word2vec_of_one_row_and_of_none(engines: Conformance, model: Any) -> None:
    engines.check(model, list_frame(engines.spark, [["a", "b"]]))
    engines.check(model, list_frame(engines.spark, []))


def test_word2vec_refuses_a_null_list(engines: Conformance, model: Any) -> None:
    engines.refuses(model, list_frame(engines.spark, [["a"], None]), row=2, column="w")


@few_frames
@given(rows=st.lists(lists, min_size=20, max_size=80))
def test_word2vec_of_any_lists(engines: Conformance, model: Any, rows: list[Any]) -> None:
    engines.check(model, list_frame(engines.spark, rows))


def test_the_kernel_sqrt_divides_by_the_length_of_the_sum() -> None:
    operator = from_attributes(
        Operator, words=["b", "a"], indices=[1, 0], word_vectors=[3.0, 0.0, 0.0, 4.0], kernel="sqrt"
    )
    values = operator.apply([WORDS])[0].values
    assert values[:2].tolist() == [[0.6, 0.8], [0.0, 0.0]]
    assert math.isnan(values[2, 0])


def test_a_tensor_of_vectors_without_indices_is_read() -> None:
    operator = from_attributes(Operator, words=["a", "b"], word_vectors=np.array([[3.0, 0.0], [0.0, 4.0]]))
    assert operator.apply([WORDS])[0].values.tolist() == [[1.5, 2.0], [0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"words": [], "word_vectors": []},
        {"words": ["a"], "word_vectors": []},
        {"words": ["a", "b"], "word_vectors": [1.0, 2.0, 3.0]},
        {"words": ["a", "a"], "word_vectors": [1.0, 2.0]},
        {"words": ["a"], "indices": [1], "word_vectors": [1.0]},
        {"words": ["a"], "indices": [], "word_vectors": [1.0]},
        {"words": ["a"], "word_vectors": ["x"]},
        {"words": ["a"], "word_vectors": [1.0], "kernel": "mystery"},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(Operator, **values)
