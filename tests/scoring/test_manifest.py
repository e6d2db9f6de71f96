"""What a fused archive says beside its bundle and booster."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ModelError
from pipeline.scoring.manifest import Manifest

WHOLE = {"format": 1, "features": "f", "feature_names": ["a"], "zeros_are_missing": False, "output": []}
texts = st.lists(st.text()).map(tuple)


@given(st.builds(Manifest, st.none() | st.text(), texts, st.booleans(), st.none() | texts, texts))
def test_there_and_back(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_the_classes_are_left_out_where_there_are_none() -> None:
    assert Manifest.from_json(json.dumps(WHOLE).encode()) == Manifest("f", ("a",))
    assert "classes" not in json.loads(Manifest().to_json())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is broken"),
        (b"\xff", "is broken"),
        (b"[]", "is broken"),
        (b"{}", "'format' is missing"),
        (json.dumps({**WHOLE, "format": 2}).encode(), "has format 2, this version reads 1"),
        (json.dumps({key: value for key, value in WHOLE.items() if key != "output"}).encode(), "'output' is missing"),
        (json.dumps({**WHOLE, "features": 3}).encode(), "features holds 3"),
        (json.dumps({**WHOLE, "feature_names": "abc"}).encode(), "feature_names holds 'abc'"),
        (json.dumps({**WHOLE, "feature_names": ["a", 1]}).encode(), "feature_names holds 1"),
        (json.dumps({**WHOLE, "zeros_are_missing": "no"}).encode(), "zeros_are_missing holds 'no'"),
        (json.dumps({**WHOLE, "classes": None}).encode(), "classes holds None"),
    ],
)
def test_a_broken_file(content: bytes, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Manifest.from_json(content)
