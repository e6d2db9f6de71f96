"""The text of numbers in bulk: what Python itself writes of each."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.scoring.outputs import csv_text
from pipeline.scoring.text import csv_lines

NAMES = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def said(number: float) -> str:
    text = str(float(number))
    return NAMES.get(text, text)


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
@example([0.0, -0.0] * 5)
@example([9.99999974737875163555145263671875e-05] * 9)
@example([float(np.nextafter(np.float32(1e15), np.float32(0))), 1e15] * 5)
@example([float("nan"), float("inf"), float("-inf"), 1.5] * 3)
@settings(max_examples=500)
def test_scores(values: list[float]) -> None:
    scores = np.array(values, dtype=np.float32)
    text = csv_text({"score": scores})
    assert text.decode() == "".join(said(score) + "\n" for score in scores)
    assert np.array_equal(np.array(text.split(), dtype=np.float64).astype(np.float32), scores, equal_nan=True)


@pytest.mark.parametrize(("low", "high"), [(-45, -4), (-3.9, 14.9), (14, 38), (-6, 0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_numbers_of_every_size(low: float, high: float, dtype: type) -> None:
    random = np.random.default_rng(7)
    numbers = (random.choice([-1, 1], 50_000) * 10.0 ** random.uniform(low, high, 50_000)).astype(dtype)
    assert csv_lines(numbers).decode().split("\n") == list(map(said, numbers))


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 500])
def test_a_row_s_cells_stand_on_its_line(rows: int) -> None:
    scores = np.random.default_rng(rows).random((rows, 3)).astype(np.float32) ** 8
    lines = [",".join(map(said, row)) for row in scores]
    assert csv_lines(scores).decode() == "\n".join(lines)
    assert csv_text({"score": scores}).decode() == "".join(line + "\n" for line in lines)
    beside = csv_text({"label": ["a,b"] * rows, "score": scores, "probability": scores.max(axis=1, initial=0)})
    expected = [f'"a,b",{line},{said(row.max())}\n' for line, row in zip(lines, scores, strict=True)]
    assert beside.decode() == "".join(expected)
