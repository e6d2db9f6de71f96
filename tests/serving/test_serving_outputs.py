"""What is said of a prediction, held against SageMaker's definitions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from serving_models import CLASSES, OBJECTIVES, csv_of, predictions, rows, scorer, table
from serving_server import Server

from pipeline.errors import ConfigError, DataError, ModelError
from pipeline.scoring.outputs import Outputs, csv_text, json_lines
from pipeline.scoring.text import csv_cell, json_ready

ROWS = rows(120, seed=11)
ALL = ("predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores")
WITHOUT_PROBABILITIES = tuple(key for key in ALL if not key.startswith("probab"))
Archive = Callable[[str], Path]


def values(archive: Path, *keys: str) -> dict[str, Any]:
    """The outputs' values as plain lists."""
    found = Outputs(scorer(archive), keys).of_table(table(ROWS))
    return {key: np.asarray(column).tolist() for key, column in found.items()}


def test_binary_probabilities(archive: Archive) -> None:
    positive = predictions(archive("binary"), ROWS).astype(float)
    names = np.array(CLASSES["binary"])
    both = np.column_stack([1.0 - positive, positive]).tolist()
    found = values(archive("binary"), *ALL)
    assert tuple(found) == ALL
    assert found["predicted_label"] == names[(positive > 0.5).astype(int)].tolist()
    assert found["labels"] == [list(CLASSES["binary"])] * len(ROWS)
    assert found["probability"] == found["raw_score"] == positive.tolist()
    assert found["probabilities"] == found["raw_scores"] == both
    assert 0 < sum(positive > 0.5) < len(ROWS)


def test_probabilities_of_many_classes(archive: Archive) -> None:
    expected = predictions(archive("multi"), ROWS)
    found = values(archive("multi"), *ALL)
    assert found["predicted_label"] == [CLASSES["multi"][place] for place in expected.argmax(axis=1)]
    assert found["probability"] == found["raw_score"] == expected.max(axis=1).tolist()
    assert found["probabilities"] == found["raw_scores"] == expected.tolist()
    assert set(found["predicted_label"]) == set(CLASSES["multi"])


def test_margins_of_many_classes(archive: Archive) -> None:
    expected = predictions(archive("softmax"), ROWS)
    margins = predictions(archive("softmax"), ROWS, output_margin=True)
    found = values(archive("softmax"), *WITHOUT_PROBABILITIES)
    assert found["predicted_label"] == expected.astype(int).tolist() == margins.argmax(axis=1).tolist()
    assert found["labels"] == [[0, 1, 2]] * len(ROWS)
    assert found["raw_score"] == margins.max(axis=1).tolist()
    assert found["raw_scores"] == margins.tolist()


def test_raw_scores_rank_as_the_label_does(archive: Archive) -> None:
    margin = predictions(archive("logitraw"), ROWS).astype(float)
    found = values(archive("logitraw"), *WITHOUT_PROBABILITIES)
    assert found["predicted_label"] == (margin > 0).astype(int).tolist()
    assert found["raw_score"] == margin.tolist()
    assert np.argmax(found["raw_scores"], axis=1).tolist() == found["predicted_label"]
    hinge = predictions(archive("hinge"), ROWS)
    found = values(archive("hinge"), *WITHOUT_PROBABILITIES)
    assert found["predicted_label"] == hinge.astype(int).tolist()
    assert found["raw_scores"] == [[1.0 - score, score] for score in hinge.tolist()]


def test_a_regression_s_score(archive: Archive) -> None:
    expected = predictions(archive("regression"), ROWS)
    assert values(archive("regression"), "predicted_score", "score") == {
        "predicted_score": expected.tolist(),
        "score": expected.tolist(),
    }


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_keys_that_an_objective_lacks_are_refused(archive: Archive, kind: str) -> None:
    model = scorer(archive(kind))
    offered = {"regression": ("predicted_score",), "binary": ALL, "multi": ALL}.get(kind, WITHOUT_PROBABILITIES)
    for key in (*ALL, "predicted_score", "foo"):
        if key in offered:
            assert Outputs(model, [key]).keys == (key,)
        else:
            with pytest.raises(ConfigError, match=key):
                Outputs(model, [key])
    with pytest.raises(ConfigError, match="twice"):
        Outputs(model, ["score", "score"])


def test_a_bundle_predicts_nothing(archive: Archive) -> None:
    with pytest.raises(ModelError, match="no booster"):
        Outputs(scorer(archive("bundle")))


@pytest.mark.parametrize("kind", OBJECTIVES)
def test_arrow_holds_the_same_values(archive: Archive, kind: str) -> None:
    offered = {"regression": ("predicted_score",), "binary": ALL, "multi": ALL}.get(kind, WITHOUT_PROBABILITIES)
    outputs = Outputs(scorer(archive(kind)), ("score", *offered))
    made = outputs.arrow(table(ROWS))
    assert made.schema.names == ["score", *offered]
    assert made.num_rows == len(ROWS)
    score = made.schema.field("score").type
    assert score == (pa.list_(pa.float32(), 3) if kind == "multi" else pa.float32())
    assert made.to_pydict() == values(archive(kind), "score", *offered)


def test_columns_tables_and_offsets_agree(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = Outputs(scorer(archive("multi")), ("predicted_label", "labels", "probabilities"))
    whole = csv_text(outputs.of_table(table(ROWS)))
    monkeypatch.setattr("pipeline.scoring.outputs.chunk_rows", lambda _: 7)
    assert csv_text(outputs.of_table(table(ROWS))) == whole
    with pytest.raises(DataError) as caught:
        outputs.of_table(table([*ROWS[:30], ["Z", *ROWS[0][1:]]]), 1000)
    assert caught.value.row == 1031
    assert outputs.arrow(table(ROWS).slice(0, 0)).num_rows == 0


def test_text() -> None:
    found = {"label": ["a,b", ""], "score": np.array([0.1, np.inf], dtype=np.float32), "labels": [["a,b", ""]] * 2}
    assert csv_text(found).decode().splitlines() == [
        '"a,b",0.10000000149011612,"[""a,b"", """"]"',
        '"",Infinity,"[""a,b"", """"]"',
    ]
    assert [json.loads(line) for line in json_lines(found).splitlines()] == [
        {"label": "a,b", "score": 0.10000000149011612, "labels": ["a,b", ""]},
        {"label": "", "score": "Infinity", "labels": ["a,b", ""]},
    ]
    assert csv_cell(None) == ""
    assert csv_cell(True) == "true"
    assert json_ready(np.array([[np.nan, -np.inf], [1, 2]])) == [["NaN", "-Infinity"], [1.0, 2.0]]


def test_selected_by_the_archive_or_the_environment(server: Callable[..., Server], archive: Archive) -> None:
    score = predictions(archive("selected"), ROWS).astype(float)
    labels = [CLASSES["binary"][place] for place in (score > 0.5).astype(int)]
    pairs = list(zip(labels, score.tolist(), strict=True))
    own = server("selected")
    quoted = {"no": "no", 'yes, "sure"': '"yes, ""sure"""'}
    assert own.post(csv_of(ROWS)).text.splitlines() == [f"{quoted[label]},{value!r}" for label, value in pairs]
    expected = [{"predicted_label": label, "probability": value} for label, value in pairs]
    assert json.loads(own.post(csv_of(ROWS), accept="application/json").body) == {"predictions": expected}
    lines = own.post(csv_of(ROWS), accept="application/jsonlines").text.splitlines()
    assert [json.loads(line) for line in lines] == expected
    other = server("selected", SAGEMAKER_INFERENCE_OUTPUT=" Probabilities, predicted_label")
    first = other.post(csv_of(ROWS[:1])).text
    assert first == f'"{[1 - score.item(0), score.item(0)]}",{quoted[labels[0]]}\n'
    chosen = server("selected", "--output", "score", SAGEMAKER_INFERENCE_OUTPUT="labels")
    assert chosen.post(csv_of(ROWS)).scores() == score.tolist()
