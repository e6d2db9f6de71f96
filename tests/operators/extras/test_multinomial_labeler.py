"""multinomial_labeler against MLeap's runtime."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from mleap_cases import bundle_of, scorer_of
from text_cases import from_attributes

from pipeline.columns import Dense
from pipeline.errors import BundleError
from pipeline.operators.base import RowError, Shape
from pipeline.operators.extras.multinomial_labeler import MultinomialLabeler

SHAPE = Shape({"features": "v"}, {"probabilities": "p", "labels": "l"})
LABELS = ["a", "é", "😀"]
ROWS = [[0.5, 0.2, 0.3], [0.1, 0.1, 0.1], [math.nan, math.inf, -math.inf], [0.3, 0.3, 0.3]]


def test_labels_and_probabilities(engines: Conformance, tmp_path: Path) -> None:
    if engines.runtime is None:
        pytest.skip("MLeap's runtime is not to be had")
    operator = MultinomialLabeler(0.3, LABELS)
    got = scorer_of(operator, SHAPE, tmp_path).transform(table_of(ROWS), ["p", "l"])
    expected = engines.runtime.load(bundle_of(operator, SHAPE, tmp_path)).transform(table_of(ROWS), ["p", "l"])
    assert got["l"].to_pylist() == expected["l"].to_pylist()
    # The runtime has no places for the values.
    values = [[value for value in row if value] for row in got["p"].to_pylist()]
    assert values == expected["p"].to_pylist()
    engines.record.note("multinomial_labeler", "runtime", "runs")


@given(
    rows=st.lists(st.lists(st.floats(), min_size=3, max_size=3), max_size=20),
    threshold=st.one_of(st.floats(0.0, 1.0), st.just(-math.inf)),
)
def test_any_vectors(rows: list[list[float]], threshold: float) -> None:
    column = Dense(np.array(rows, dtype=np.float64).reshape(-1, 3))
    made = MultinomialLabeler(threshold, LABELS).score([column], ["labels"])["labels"]
    expected = [[label for label, value in zip(LABELS, row, strict=True) if value >= threshold] for row in rows]
    assert [made[row] for row in range(len(rows))] == expected


def test_a_value_without_a_label_is_refused() -> None:
    column = Dense(np.array([[0.3, 0.3, 0.3, 0.1], [0.3, 0.3, 0.3, 0.4]]))
    with pytest.raises(RowError, match="value 4") as caught:
        MultinomialLabeler(0.3, LABELS).score([column], ["labels"])
    assert caught.value.row == 1


@pytest.mark.parametrize("values", [{}, {"threshold": "x", "labels": []}, {"threshold": 0.5, "labels": [1]}])
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(MultinomialLabeler, **values)


def table_of(rows: list[list[float]]) -> pa.Table:
    return pa.table({"v": pa.array(rows, pa.list_(pa.float64()))})
