"""string_map against MLeap's runtime."""

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
from mleap_cases import same_as_runtime, scorer_of
from text_cases import from_attributes

from pipeline.columns import Text
from pipeline.errors import BundleError, DataError
from pipeline.operators.base import Shape
from pipeline.operators.extras.string_map import StringMap

SHAPE = Shape({"input": "s"}, {"output": "o"})
LABELS = ["a", "é", "😀", "", "a"]
# No negative zero: MLeap reads the -0.0 of any bundle as 0.
VALUES = [1.0, 0.0, 5e-324, 1e300, 2.5]


def test_known_labels(engines: Conformance) -> None:
    table = pa.table({"s": ["a", "é", "", "😀", "a"]})
    same_as_runtime(engines, StringMap(LABELS, VALUES), table, SHAPE)


def test_other_texts_and_nulls_become_the_default(engines: Conformance) -> None:
    table = pa.table({"s": ["a", "new", None, "A"]})
    same_as_runtime(engines, StringMap(LABELS, VALUES, "keep", -7.5), table, SHAPE)


@pytest.mark.parametrize("value", ["new", None])
def test_other_texts_and_nulls_are_refused(tmp_path: Path, value: str | None) -> None:
    scorer = scorer_of(StringMap(LABELS, VALUES), SHAPE, tmp_path)
    with pytest.raises(DataError) as caught:
        scorer.transform(pa.table({"s": pa.array(["a", value], pa.string())}), ["o"])
    assert (caught.value.row, caught.value.column, caught.value.value) == (2, "s", value)


@given(entries=st.dictionaries(st.text(max_size=3), st.floats()), texts=st.lists(st.text(max_size=3)))
def test_any_map(entries: dict[str, float], texts: list[str]) -> None:
    texts = [*texts, *entries]
    column = Text(np.arange(len(texts)), texts)
    made = StringMap(list(entries), list(entries.values()), "keep", math.pi).apply([column])[0]
    assert list(map(repr, made.values.tolist())) == [repr(entries.get(text, math.pi)) for text in texts]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"labels": ["a"], "values": []},
        {"labels": [1], "values": [1.0]},
        {"labels": ["a"], "values": ["x"]},
        {"labels": ["a"], "values": [1.0], "handle_invalid": "skip"},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(StringMap, **values)
