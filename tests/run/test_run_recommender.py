"""The recommender's example from the command line's own function: ratings in, model, predictions and figures out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from readme_cases import holds_readme_figures
from rich.console import Console
from tests_paths import ROOT

from pipeline.bundle.archive import read_files
from pipeline.evaluation.recommender import measure, read_split
from pipeline.factorization import FILE
from pipeline.factorization.model import FactorizationMachine
from pipeline.run import run_pipeline

pytestmark = [pytest.mark.spark, pytest.mark.slow]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The run folder of the example as it is."""
    output = tmp_path_factory.mktemp("recommender") / "run"
    run_pipeline(ROOT / "examples" / "recommender" / "pipeline.yml", output=output, console=Console(quiet=True))
    return output, json.loads((output / "run.json").read_text(encoding="utf-8"))


def test_the_run_says_what_was_kept_and_how_good_it_is(made: tuple[Path, dict[str, Any]]) -> None:
    output, record = made
    assert record["ratings"] == {
        "ratings": {"before": 1501, "after": 1486},
        "customers": {"before": 30, "after": 30},
        "items": {"before": 100, "after": 98},
    }
    metrics = record["metrics"]
    holds_readme_figures("recommender", metrics)
    assert metrics["recall_at_10"] > metrics["baseline"]["recall_at_10"]
    assert json.loads((output / "evaluation.json").read_text(encoding="utf-8"))["metrics"] == metrics
    assert record["endpoint"]["agree"] is True
    assert record["batch"]["rows"] == record["splits"]["test"]
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "Precision at 10" in page
    assert record["input"]["source"] == "Spark's sample_movielens_ratings.txt"
    assert "synthetic" not in page
    assert "Parity" not in page


def test_the_figures_are_those_of_the_files(made: tuple[Path, dict[str, Any]]) -> None:
    output, record = made
    machine = FactorizationMachine.from_bytes(read_files(output / "model" / "trained" / "model.tar.gz")[FILE])
    assert machine.feature_dim == 130
    train, test = (read_split(output / "data" / name) for name in ("train", "test"))
    again = measure(machine, train, test, customers=30, items=98, top=10, positive=3)
    assert again == record["metrics"]
    files = sorted((output / "predictions").rglob("*.out"))
    scores = [orjson.loads(line)["score"] for file in files for line in file.read_bytes().splitlines()]
    assert np.array(scores, np.float32).tobytes() == machine.scores(test).tobytes()
