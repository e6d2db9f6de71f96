"""A factorization machine behind the endpoint: all forms say the same, and bad requests say why."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from machine_cases import SIZE, machine

from pipeline.errors import ConfigError, DataError, NotAcceptableError, PipelineError, UnsupportedMediaTypeError
from pipeline.recordio import CONTENT_TYPE, Rows, encode_rows, read_labels
from pipeline.serving.factorization_endpoint import FactorizationEndpoint
from pipeline.serving.settings import Settings

JSON, LINES = "application/json", "application/jsonlines"
MACHINE, CLASSIFIER = machine(), machine(kind="binary_classifier")
ENDPOINTS = {made.predictor_type: FactorizationEndpoint(made.to_bytes(), Settings()) for made in (MACHINE, CLASSIFIER)}
ENDPOINT = ENDPOINTS["regressor"]
PAIRS = st.lists(st.tuples(st.integers(0, SIZE // 2), st.integers(SIZE // 2 + 1, SIZE - 1)), min_size=1, max_size=9)


def instances(pairs: list[tuple[int, int]]) -> list[Any]:
    return [{"data": {"features": {"keys": list(pair), "shape": [SIZE], "values": [1.0, 1]}}} for pair in pairs]


@settings(max_examples=40)
@given(PAIRS, st.sampled_from(sorted(ENDPOINTS)))
def test_every_form_says_the_same(pairs: list[tuple[int, int]], kind: str) -> None:
    rows = Rows.of(np.array(pairs), np.ones((len(pairs), 2)), SIZE)
    expected = (MACHINE if kind == "regressor" else CLASSIFIER).scores(rows)
    bodies = {
        CONTENT_TYPE: encode_rows(rows),
        JSON: json.dumps({"instances": instances(pairs)}).encode(),
        LINES: "\n".join(map(json.dumps, instances(pairs))).encode(),
    }
    for content_type, body in bodies.items():
        reply = ENDPOINTS[kind].invoke(body, content_type)
        assert reply.content_type == JSON.encode()
        predictions = json.loads(reply.body)["predictions"]
        lines = ENDPOINTS[kind].invoke(body, content_type, LINES).body.splitlines()
        assert [json.loads(line) for line in lines] == predictions
        found = np.array([each["score"] for each in predictions], np.float32)
        assert found.tobytes() == expected.tobytes()
        records = ENDPOINTS[kind].invoke(body, content_type, CONTENT_TYPE).body
        assert read_labels(io.BytesIO(records), "score").tobytes() == expected.tobytes()
        if kind == "binary_classifier":
            labels = [each["predicted_label"] for each in predictions]
            assert labels == [int(score >= 0.5) for score in expected]
            assert read_labels(io.BytesIO(records), "predicted_label").tolist() == labels


def test_dense_rows_are_lists() -> None:
    row = [0.0] * SIZE
    row[2], row[70] = 1.0, 1
    sparse = ENDPOINT.invoke(json.dumps({"instances": instances([(2, 70)])}).encode(), JSON).body
    for features in (row, {"values": row}):
        for instance in ({"features": features}, {"data": {"features": features}}):
            assert ENDPOINT.invoke(json.dumps({"instances": [instance]}).encode(), JSON).body == sparse


def body_of(**tensor: Any) -> bytes:
    good, bad = instances([(1, 60)])[0], {"keys": [1, 2], "shape": [SIZE], "values": [1, 1]} | tensor
    return json.dumps({"instances": [good, {"data": {"features": bad}}]}).encode()


ROWS = Rows.of(np.array([[1, 60], [2, 70]]), np.ones((2, 2)), SIZE)
REFUSED: dict[str, tuple[bytes, str, type[PipelineError], str]] = {
    "no JSON": (b"{", JSON, DataError, "not JSON"),
    "no instances": (b"[]", JSON, DataError, "no list 'instances'; expected"),
    "empty": (b'{"instances": []}', JSON, DataError, "the body is empty; expected at least one row"),
    "no features": (b'{"instances": [{"x": 1}]}', JSON, DataError, "row 1: no features; expected"),
    "no row": (b'{"features": [1]}\n{', LINES, DataError, "row 2: not JSON"),
    "a key too high": (
        body_of(keys=[1, SIZE]),
        JSON,
        DataError,
        "row 2: the key 100; expected whole numbers from 0 to 99",
    ),
    "a key below 0": (body_of(keys=[1, -1]), JSON, DataError, "row 2: the key -1"),
    "uneven": (body_of(keys=[1]), JSON, DataError, "row 2: 2 values with 1 keys"),
    "another shape": (body_of(shape=[7]), JSON, DataError, r"row 2: the shape \[7\]; expected \[100\]"),
    "no numbers": (body_of(values=[1, "x"]), JSON, DataError, "row 2: values is no list of finite numbers"),
    "too large": (body_of(values=[1, 1e300]), JSON, DataError, "row 2: values is no list of finite numbers"),
    "too short": (b'{"instances": [{"features": [1, 2]}]}', JSON, DataError, "row 1: 2 values; expected 100"),
    "records cut off": (encode_rows(ROWS)[:-1], CONTENT_TYPE, DataError, r"record 2, byte \d+: the stream is cut off"),
    "records of another size": (
        encode_rows(Rows.of(ROWS.keys.reshape(-1, 2), np.ones((2, 2)), 101)),
        CONTENT_TYPE,
        DataError,
        "row 1: 101 features; expected 100",
    ),
    "another type": (b"1,2", "text/csv", UnsupportedMediaTypeError, "send one of application/x-recordio-protobuf"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_bad_requests_name_row_and_what_was_expected(name: str) -> None:
    body, content_type, kind, message = REFUSED[name]
    with pytest.raises(kind, match=message):
        ENDPOINT.invoke(body, content_type)


def test_what_it_cannot_do_is_refused() -> None:
    with pytest.raises(NotAcceptableError, match="ask for application/json"):
        ENDPOINT.invoke(encode_rows(ROWS), CONTENT_TYPE, "text/csv")
    with pytest.raises(ConfigError, match="SAGEMAKER_INFERENCE_OUTPUT is set"):
        FactorizationEndpoint(MACHINE.to_bytes(), Settings(output=("probability",)))
