"""map_entry_selector: MLeap's runtime loads its bundle; no leap frame that it takes from outside holds a map."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from mleap_cases import bundle_of
from text_cases import from_attributes

from pipeline.bundle.reader import read_bundle
from pipeline.columns import Maps, Numbers, Text
from pipeline.errors import BundleError
from pipeline.operators.base import RowError, Shape
from pipeline.operators.extras.map_entry_selector import MapEntrySelector

SHAPE = Shape({"input": "m", "key": "k"}, {"output": "o"})
DEFAULTS = {
    "double": math.nan,
    "float": 0.5,
    "long": 1 << 40,
    "int": -5,
    "short": 7,
    "byte": 0,
    "boolean": True,
    "string": "é",
}


@pytest.mark.parametrize("basic", list(DEFAULTS))
def test_a_bundle_says_the_same_after_a_round_trip(tmp_path: Path, basic: str) -> None:
    operator = read_bundle(bundle_of(MapEntrySelector(basic, DEFAULTS[basic]), SHAPE, tmp_path)).nodes[0].operator
    made = operator.apply([Maps([{}]), Text(np.zeros(1, dtype=np.int32), ["k"])])[0]
    if isinstance(made, Text):
        assert made[0] == DEFAULTS[basic]
    else:
        assert repr(made.values.tolist()) == repr([DEFAULTS[basic]])


@pytest.mark.parametrize("basic", list(DEFAULTS))
def test_mleaps_runtime_loads_every_type(engines: Conformance, tmp_path: Path, basic: str) -> None:
    if engines.runtime is None:
        pytest.skip("MLeap's runtime is not to be had")
    engines.runtime.load(bundle_of(MapEntrySelector(basic, DEFAULTS[basic]), SHAPE, tmp_path))
    engines.record.note("map_entry_selector", "runtime", "loads it; takes no maps from outside")


@given(rows=st.lists(st.tuples(st.dictionaries(st.text(max_size=2), st.floats()), st.text(max_size=2))))
def test_any_maps(rows: list[tuple[dict[str, float], str]]) -> None:
    keys = Text(np.arange(len(rows), dtype=np.int32), [key for _, key in rows])
    made = MapEntrySelector("double", 0.25).apply([Maps([entries for entries, _ in rows]), keys])[0]
    assert isinstance(made, Numbers)
    assert repr(made.values.tolist()) == repr([entries.get(key, 0.25) for entries, key in rows])


def test_nulls() -> None:
    keys = Text(np.array([0, -1], dtype=np.int32), ["k"])
    made = MapEntrySelector("long", 3).apply([Maps([{"k": None}, {"k": 1}]), keys])[0]
    assert isinstance(made, Numbers)
    assert made.first_null() == 0
    assert made.values[1] == 3
    with pytest.raises(RowError) as caught:
        MapEntrySelector("long", 3).apply([Maps([{"k": 1}, None]), keys])
    assert caught.value.row == 1


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"key_type": "long", "value_type": "double", "default_value": 1.0},
        {"key_type": "string", "value_type": "byte_string", "default_value": "x"},
        {"key_type": "string", "value_type": "byte", "default_value": 128},
        {"key_type": "string", "value_type": "double"},
        {"key_type": "string", "value_type": "boolean", "default_value": 1},
    ],
)
def test_hostile_attributes(values: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        from_attributes(MapEntrySelector, **values)
