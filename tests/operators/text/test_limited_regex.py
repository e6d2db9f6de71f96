"""A pattern that backtracks for ever gives up, and names the row."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from text_cases import from_attributes

from pipeline.columns import Text
from pipeline.operators.base import RowError
from pipeline.operators.extras.regex_indexer import RegexIndexer
from pipeline.operators.text import limited_regex
from pipeline.operators.text.limited_regex import LimitedRegex, SlowPatternError
from pipeline.operators.text.regex_tokenizer import RegexTokenizer

HOSTILE = "(a|aa)+$"
WORDS = Text(np.array([0, 0, 1, 1], dtype=np.int32), ["aaa", "a" * 64 + "b"])


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited_regex, "SECONDS", 0.1)


@pytest.mark.parametrize("name", ["pieces", "matches", "found"])
def test_a_text_that_takes_too_long_is_an_error(name: str) -> None:
    with pytest.raises(SlowPatternError):
        getattr(LimitedRegex(re.compile(HOSTILE)), name)(WORDS.words[1])


@pytest.mark.parametrize("gaps", [True, False])
def test_a_hostile_bundle_does_not_hang(gaps: bool) -> None:
    attributes = {"regex": HOSTILE, "match_gaps": gaps, "token_min_length": 1, "lowercase_text": True}
    refused(from_attributes(RegexTokenizer, **attributes))
    refused(from_attributes(RegexIndexer, regexes=[HOSTILE], indices=[1]))


def refused(operator: Any) -> None:
    with pytest.raises(RowError, match="takes longer") as caught:
        operator.apply([WORDS])
    assert (caught.value.row, caught.value.value) == (2, WORDS.words[1])
