"""Batch and endpoint answer the same bytes."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batch_cases import FEATURES, OBJECTIVES, csv_of, made_rows, write, write_model
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.batch.contents import _csv_text
from pipeline.batch.score import score
from pipeline.run.endpoint import server
from pipeline.scoring.outputs import csv_text
from pipeline.serving.endpoint import load_endpoint
from pipeline.serving.settings import Settings

ROWS = made_rows(400)
BODY = csv_of(ROWS, FEATURES.names)
TYPES = {"out.csv": "text/csv", "out.jsonl": "application/jsonlines"}


def batch(model: Path, output: Path) -> bytes:
    source = write(output.parent / "in.csv", ROWS)
    score(model, source, output)
    return output.read_bytes()


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("kind", [*OBJECTIVES, "bundle"])
def test_the_same_bytes(kind: str, name: str, model: Callable[[str], Path], tmp_path: Path) -> None:
    reply = load_endpoint(model(kind), Settings()).invoke(BODY, "text/csv", TYPES[name])
    assert batch(model(kind), tmp_path / name) == reply.body


@pytest.mark.parametrize("name", TYPES)
def test_the_same_bytes_of_chosen_contents(name: str, tmp_path: Path) -> None:
    classes = ("no", 'yes, "sure"')
    model = write_model(tmp_path, "binary", classes=classes, output=("predicted_label", "probabilities"))
    reply = load_endpoint(model, Settings()).invoke(BODY, "text/csv", TYPES[name])
    assert batch(model, tmp_path / name) == reply.body


def test_the_same_bytes_over_http(model: Callable[[str], Path], tmp_path: Path) -> None:
    with server(model("binary"), tmp_path / "log") as (port, _, _):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/invocations", BODY, {"Content-Type": "text/csv"})
        reply = connection.getresponse().read()
        connection.close()
    assert batch(model("binary"), tmp_path / "out.csv") == reply


@given(st.lists(st.floats(width=32), min_size=1, max_size=20))
@example([0.0, -0.0])
@example([9.99999974737875163555145263671875e-05])
@example([float(np.nextafter(np.float32(1e15), np.float32(0))), 1e15])
@example([float("nan"), float("inf"), float("-inf")])
@settings(max_examples=500)
def test_bare_scores_are_written_alike_by_the_fast_way(values: list[float]) -> None:
    scores = np.array(values, dtype=np.float32)
    text = _csv_text({"score": scores})
    assert text == csv_text({"score": scores})
    assert np.array_equal(np.array(text.split(), dtype=np.float64).astype(np.float32), scores, equal_nan=True)


@pytest.mark.parametrize(("low", "high"), [(-45, -4), (-3.9, 14.9), (14, 38)])
def test_a_million_scores_are_written_alike(low: float, high: float) -> None:
    random = np.random.default_rng(7)
    count = 1_000_000 if low == -3.9 else 50_000
    scores = (random.choice([-1, 1], count) * 10.0 ** random.uniform(low, high, count)).astype(np.float32)
    values: dict[str, Any] = {"score": scores}
    assert _csv_text(values) == csv_text(values)
