"""An archive with a booster alone: SageMaker's XGBoost contract."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_cases import raw, train
from serving_server import refused, serving

from pipeline.errors import ConfigError, DataError, ModelError, NotAcceptableError, UnsupportedMediaTypeError
from pipeline.packaging.archives import xgboost_archive
from pipeline.scoring.load import BOOSTER
from pipeline.serving.booster_endpoint import READERS, BoosterEndpoint, is_booster_alone
from pipeline.serving.endpoint import load_endpoint
from pipeline.serving.settings import Settings

WIDTH = 4
FEATURES = np.random.default_rng(3).normal(size=(300, WIDTH))
MODEL = train(FEATURES, {})
ENDPOINT = BoosterEndpoint(raw(MODEL), Settings())
CLASSES = train(FEATURES, {"objective": "multi:softprob", "num_class": 3}, label=np.arange(300) % 3)


def expected(matrix: Any) -> list[float]:
    """What XGBoost itself predicts."""
    import xgboost

    return [float(score) for score in MODEL.predict(xgboost.DMatrix(np.array(matrix, dtype=np.float64)))]


def scores(body: str, content_type: str = "text/csv") -> list[float]:
    return [float(line) for line in ENDPOINT.invoke(body.encode(), content_type).body.decode().splitlines()]


numbers = st.one_of(st.floats(-1e30, 1e30), st.integers(-1000, 1000).map(float), st.just(math.nan))
matrices = st.lists(st.lists(numbers, min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=20)


@given(matrices, st.sampled_from(["", "nan", "NaN"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_csv(matrix: list[list[float]], missing: str, end: str, ended: bool) -> None:
    lines = [",".join(missing if math.isnan(value) else repr(value) for value in row) for row in matrix]
    assert scores(end.join(lines) + (end if ended else "")) == expected(matrix)


@given(matrices, st.sampled_from(["", "7 ", "-0.5:2 "]))
def test_libsvm_takes_what_is_absent_for_missing(matrix: list[list[float]], label: str) -> None:
    lines = [
        label + " ".join(f"{place}:{value!r}" for place, value in enumerate(row) if not math.isnan(value))
        for row in matrix
    ]
    present = [row for row, line in zip(matrix, lines, strict=True) if line.strip()]
    if present:
        assert scores("\n".join(lines), "text/libsvm") == expected(present)


@pytest.mark.parametrize(
    "content_type", [*READERS, "TEXT/CSV", "text/csv; label_size=0", "text/x-libsvm;charset=utf-8"]
)
def test_content_types(content_type: str) -> None:
    body = "0:1 1:2 2:3 3:4" if "libsvm" in content_type else "1,2,3,4"
    assert scores(body, content_type) == expected([[1, 2, 3, 4]])


@pytest.mark.parametrize("content_type", ["", "application/json", "application/jsonlines", "application/x-foo"])
def test_other_content_types(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError) as caught:
        ENDPOINT.invoke(b"1,2,3,4", content_type)
    assert "text/libsvm" in str(caught.value)


def test_replies() -> None:
    (score,) = expected([[1, 2, 3, 4]])
    reply = ENDPOINT.invoke(b"1,2,3,4", "text/csv", "application/json")
    assert (reply.content_type, json.loads(reply.body)) == (b"application/json", {"predictions": [{"score": score}]})
    assert json.loads(ENDPOINT.invoke(b"1,2,3,4", "text/csv", "application/jsonlines").body) == {"score": score}
    with pytest.raises(NotAcceptableError):
        ENDPOINT.invoke(b"1,2,3,4", "text/csv", "image/png")


def test_selected_outputs() -> None:
    endpoint = BoosterEndpoint(raw(CLASSES), Settings(output=("predicted_label", "probabilities")))
    (reply,) = json.loads(endpoint.invoke(b"1,2,3,4", "text/csv", "application/json").body)["predictions"]
    assert reply["predicted_label"] == int(np.argmax(reply["probabilities"]))
    plain = BoosterEndpoint(raw(CLASSES), Settings()).invoke(b"1,2,3,4", "text/csv").body
    assert [float(cell) for cell in plain.split(b",")] == reply["probabilities"]


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        ("1,2,3", "text/csv", ["row 1", "3 values", "expected 4"]),
        ("1,2,3,4\n1,2,3,4,5", "text/csv", ["row 2", "5 values", "leave the label out"]),
        ("1,2,3,4\n\n1,2,x,4", "text/csv", ["row 2", "'f2'", "'x'"]),
        ("a,b,c,d\n1,2,3,4", "text/csv", ["row 1", "'f0'"]),
        ("1,2,1_0,4", "text/csv", ["'1_0'"]),
        ('"1","2","3","4"', "text/csv", ["row 1", "'f0'"]),
        ("1,2,3,1e400", "text/csv", ["row 1", "'f3'"]),
        ("1,2,Infinity,4", "text/csv", ["row 1", "f2"]),
        ("\n\r\n", "text/csv", ["the body is empty"]),
        ("", "text/csv", ["the body is empty"]),
        ("1 0:1 4:1", "text/libsvm", ["row 1", "'4:1'", "from 0 to 3"]),
        ("0:1\n0:1 x", "text/libsvm", ["row 2", "'x'", "index:value"]),
        ("0:1 7", "text/libsvm", ["row 1", "'7'"]),
    ],
)
def test_what_is_wrong_is_said(body: str, content_type: str, says: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        ENDPOINT.invoke(body.encode(), content_type)
    assert [word for word in says if word not in str(caught.value)] == []


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(DataError, match="UTF-8"):
        ENDPOINT.invoke(b"1,2,3,\xff", "text/csv")
    assert ENDPOINT.invoke(b"\xef\xbb\xbf1,2,3,4", "text/csv").body == ENDPOINT.invoke(b"1,2,3,4", "text/csv").body


def test_archives() -> None:
    assert is_booster_alone({BOOSTER: b"", ".hidden": b"", "inference/card.md": b""})
    assert not is_booster_alone({BOOSTER: b"", "inference/bundle/bundle.json": b""})
    assert not is_booster_alone({"bundle.json": b""})
    with pytest.raises(ModelError, match="xgboost-model-1"):
        is_booster_alone({BOOSTER: b"", "xgboost-model-1": b""})


def test_a_schema_has_nothing_to_say(tmp_path: Path) -> None:
    path = xgboost_archive(raw(MODEL), tmp_path / "model.tar.gz")
    with pytest.raises(ConfigError, match="SAGEMAKER_SPARKML_SCHEMA"):
        load_endpoint(path, Settings(sparkml_schema="{}"))


def test_the_process(tmp_path: Path) -> None:
    path = xgboost_archive(raw(MODEL), tmp_path / "model.tar.gz")
    with serving(path, tmp_path / "log") as server:
        assert server.post("1,2,3,4\n5,6,7,8").scores() == expected([[1, 2, 3, 4], [5, 6, 7, 8]])
        assert server.post("1,2", "text/csv").error["row"] == 1
        assert server.post("1,2", "application/json").status == 415
    broken = xgboost_archive(b"\x80\x04pickle", tmp_path / "broken.tar.gz")
    assert "error: " in refused(broken, tmp_path / "broken log")
