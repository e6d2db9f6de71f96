"""regex_indexer against MLeap's runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conformance import Conformance
from hypothesis import given, settings
from hypothesis import strategies as st
from mleap_cases import same_as_runtime, scorer_of
from text_cases import TEXTS, from_attributes, texts

from pipeline.errors import BundleError, DataError
from pipeline.operators.base import Shape
from pipeline.operators.extras.regex_indexer import RegexIndexer

SHAPE = Shape({"input": "t"}, {"output": "o"})
REGEXES = [r"\d", "É|é", "(?i)fox$", r"^\s*$", "😀"]
INDICES = [5, -1, 7, 2**31 - 1, 0]


def test_regex_indexer(engines: Conformance) -> None:
    table = pa.table({"t": [*TEXTS, "a FOX", "1é", "é1", "brown fox\n"]})
    same_as_runtime(engines, RegexIndexer(REGEXES, INDICES, -5), table, SHAPE)


def test_a_pattern_that_matches_nothing_is_found_in_every_text(engines: Conformance) -> None:
    same_as_runtime(engines, RegexIndexer(["a+", "b*"], [1, 2]), pa.table({"t": TEXTS}), SHAPE)


@settings(max_examples=5)
@given(rows=st.lists(texts, min_size=50, max_size=200), regexes=st.permutations(REGEXES))
def test_regex_indexer_of_any_text(engines: Conformance, rows: list[str], regexes: list[str]) -> None:
    operator = RegexIndexer(regexes, range(5), 9)
    same_as_runtime(engines, operator, pa.table({"t": rows}), SHAPE)


@pytest.mark.parametrize("value", [None, "xyz"])
def test_null_and_texts_without_a_pattern_are_refused(tmp_path: Path, value: str | None) -> None:
    scorer = scorer_of(RegexIndexer(["a"], [1]), SHAPE, tmp_path)
    with pytest.raises(DataError) as caught:
        scorer.transform(pa.table({"t": pa.array(["a", value], pa.string())}), ["o"])
    assert (caught.value.row, caught.value.column) == (2, "t")


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"regexes": ["a"], "indices": []},
        {"regexes": ["("], "indices": [1]},
        {"regexes": ["a"], "indices": [1 << 31]},
        {"regexes": ["a"], "indices": [1], "default_value": 1 << 31},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(RegexIndexer, **values)
