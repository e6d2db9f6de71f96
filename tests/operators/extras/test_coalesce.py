"""coalesce against MLeap's runtime."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from bundle_cases import compare_with_runtime
from conformance import Conformance
from hypothesis import given
from hypothesis import strategies as st
from text_cases import from_attributes

from pipeline.columns import Numbers
from pipeline.errors import BundleError
from pipeline.operators.extras.coalesce import Coalesce

INPUTS = {"input0": "a", "input1": "b", "input2": "c"}
lists = st.lists(st.tuples(*[st.one_of(st.none(), st.floats())] * 3), max_size=20)


def test_the_first_that_is_there(engines: Conformance) -> None:
    table = pa.table(
        {
            "a": [1.0, None, None, None, math.nan, -0.0],
            "b": [2.0, 3.0, None, None, 1.0, 0.0],
            "c": pa.array([4.0, None, -math.inf, None, None, 1.0], pa.float64()),
        }
    )
    compare_with_runtime(engines, Coalesce([True, True, True]), table, INPUTS)


@given(lists)
def test_any_numbers(rows: list[tuple[float | None, ...]]) -> None:
    columns = [_numbers([row[place] for row in rows]) for place in range(3)]
    made = Coalesce([True] * 3).apply(columns)[0]
    for row, values in enumerate(rows):
        first = next((value for value in values if value is not None), None)
        if first is None:
            assert made.valid is not None
            assert not made.valid[row]
        else:
            assert np.array(made.values[row]).tobytes() == np.array(first).tobytes()
            assert made.valid is None or made.valid[row]


@pytest.mark.parametrize("nullable", [None, [], [1], True])
def test_hostile_attributes(nullable: Any) -> None:
    with pytest.raises(BundleError):
        from_attributes(Coalesce, nullable_inputs=nullable)


def _numbers(values: list[float | None]) -> Numbers:
    valid = np.array([value is not None for value in values], dtype=bool)
    return Numbers(np.array([0.0 if value is None else value for value in values], dtype=np.float64), valid)
