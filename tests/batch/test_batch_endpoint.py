"""Batch and endpoint answer the same bytes."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from batch_cases import FEATURES, OBJECTIVES, csv_of, made_rows, write, write_model

from pipeline.batch.score import score
from pipeline.local.endpoints.container import Container
from pipeline.local.endpoints.process import ServingProcess
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
    said: list[str] = []
    process = ServingProcess(Container("primary", "", "", model("binary"), {}), os.environ, said.append)
    process.start()
    try:
        process.wait(time.monotonic() + 60, threading.Event())
        assert process.port is not None, said
        connection = http.client.HTTPConnection("127.0.0.1", process.port, timeout=30)
        connection.request("POST", "/invocations", BODY, {"Content-Type": "text/csv"})
        reply = connection.getresponse().read()
        connection.close()
    finally:
        process.stop()
    assert batch(model("binary"), tmp_path / "out.csv") == reply
