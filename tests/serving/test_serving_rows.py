"""N rows in, N rows out, in order, each to the last bit what XGBoost itself predicts."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving_models import NAMES, csv_of, matrix, predictions, rows
from serving_server import Server

from pipeline.serving.endpoint import load_endpoint
from pipeline.serving.settings import Settings

POOL = rows(400, seed=7)
LINES = "application/jsonlines"

from_server = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


def bodies(chosen: list[list[Any]]) -> dict[str, list[tuple[str, str]]]:
    """The same rows in every form of every media type."""
    named = [dict(zip(NAMES, row, strict=True)) for row in chosen]
    quoted = "".join(",".join(f'"{value}"' for value in row) + "\r\n" for row in chosen)
    return {
        "text/csv": [csv_of(chosen), "\n" + csv_of(chosen).replace("\n", "\n\n"), quoted],
        "application/json": [
            json.dumps({"data": chosen}),
            json.dumps({"data": named}),
            json.dumps({"instances": [{"features": row} for row in chosen]}),
        ],
        LINES: [
            "\n".join(json.dumps({"data": row}) for row in chosen),
            "\n".join(map(json.dumps, named)),
            json.dumps({"data": chosen}),
        ],
    }


def test_scores_equal_xgboost_s(regression: Server, archive: Callable[[str], Path]) -> None:
    expected = predictions(archive("regression"), POOL)
    answer = regression.post(csv_of(POOL))
    np.testing.assert_array_equal(np.array(answer.scores(), dtype=np.float32), expected)
    assert answer.text.splitlines() == [repr(float(score)) for score in expected]


@pytest.mark.parametrize("kind", ["binary", "logitraw", "hinge", "softmax", "multi"])
def test_scores_of_classes_equal_xgboost_s(archive: Callable[[str], Path], kind: str) -> None:
    expected = predictions(archive(kind), POOL)
    endpoint = load_endpoint(archive(kind), Settings())
    csv = endpoint.invoke(csv_of(POOL).encode(), "text/csv").body.decode()
    lines = endpoint.invoke(csv_of(POOL).encode(), "text/csv", LINES).body.splitlines()
    rows_ = expected.reshape(len(POOL), -1).tolist()
    assert csv.splitlines() == [",".join(map(repr, row)) for row in rows_]
    assert [json.loads(line)["score"] for line in lines] == expected.tolist()


def test_every_form_gives_the_same_scores(regression: Server) -> None:
    expected = regression.post(csv_of(POOL)).body
    for content_type, forms in bodies(POOL).items():
        for body in forms:
            answer = regression.post(body, content_type)
            assert (answer.status, answer.body) == (200, expected)
            packed = regression.post(gzip.compress(body.encode()), content_type, Content_Encoding="gzip")
            assert (packed.status, packed.body) == (200, expected)


def test_all_rows_of_real_data(
    server: Callable[..., Server], archive: Callable[[str], Path], abalone_csv: Path
) -> None:
    lines = [line.rsplit(",", 1)[0] for line in abalone_csv.read_text().splitlines()]
    data = [[sex, *map(float, numbers)] for sex, *numbers in (line.split(",") for line in lines)]
    expected = predictions(archive("regression"), data)
    assert server("regression").post("\n".join(lines)).scores() == expected.astype(float).tolist()
    features = server("bundle").post("\n".join(lines), accept=LINES).text.splitlines()
    np.testing.assert_array_equal([json.loads(line)["features"] for line in features], matrix(data))


@from_server
@given(data=st.data())
def test_shuffled_and_split_requests_agree(regression: Server, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(POOL) - 1), min_size=1, max_size=60))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(places)), max_size=4)) | {len(places)})
    whole = np.array(regression.post(csv_of(POOL)).scores())
    got: list[float] = []
    at = 0
    for cut in cuts:
        chosen = [POOL[place] for place in places[at:cut]]
        content_type = data.draw(st.sampled_from(["text/csv", "application/json", LINES]))
        body = data.draw(st.sampled_from(bodies(chosen)[content_type]))
        got += regression.post(body, content_type).scores()
        at = cut
    assert got == whole[places].tolist()


@from_server
@given(
    body=st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                [*"MIF", ",", "\n", "\r", '"', "0.5", "1e5", "nan", "{", "}", "[", "]", ":", '"data"', "é", "\0"]
            )
        ).map(lambda parts: "".join(parts).encode()),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=9)
                | st.dictionaries(
                    st.sampled_from([*NAMES, "data", "instances", "features", "schema", "input", "output", "name"]),
                    inner,
                    max_size=9,
                )
            ),
            max_leaves=30,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    content_type=st.sampled_from(["text/csv", "application/json", LINES]),
    encoding=st.sampled_from(["", "", "gzip"]),
)
def test_malformed_bodies_are_the_client_s_fault(
    regression: Server, bundle: Server, body: bytes, content_type: str, encoding: str
) -> None:
    for each in (regression, bundle):
        answer = each.post(body, content_type, Content_Encoding=encoding)
        assert answer.status in (200, 400), answer.text
        if answer.status == 400:
            assert answer.error["message"]
    assert bundle.call().status == 200


GOOD = ["0.5", " 1 ", "1e5", "+1", ".5", "5.", "-0", "inf", "-INFINITY", "\t7", "0" * 30 + "1", "4.9e-324"]
ODD = [
    *GOOD,
    "",
    " ",
    "M",
    "1e999",
    "-",
    "nan",
    "1_0",
    "٣",
    "x\x0b",
    "\u2028",
    "1 2",
    "1,2",
    "0x1",
    "1d",
    "\0",
    ".",
    "e5",
]


@from_server
@given(
    numbers=st.lists(st.sampled_from(GOOD), min_size=7, max_size=7),
    place=st.integers(0, 7),
    odd=st.sampled_from(ODD),
    before=st.integers(0, 3),
)
def test_small_and_large_bodies_are_read_alike(
    bundle: Server, numbers: list[str], place: int, odd: str, before: int
) -> None:
    line = ",".join(odd if at == place else cell for at, cell in enumerate(["F", *numbers]))
    body = csv_of(POOL[:before]) + line + "\n" + csv_of(POOL[:1])
    small, large = bundle.post(body), bundle.post(body + csv_of(POOL) * 2)
    assert small.status == large.status
    if small.status == 200:
        assert large.body.startswith(small.body)
    else:
        assert (small.error["row"], small.error.get("column")) == (before + 1, large.error.get("column"))
        assert large.error["row"] == before + 1


@from_server
@given(
    st.dictionaries(
        st.sampled_from(["Accept", "Content-Type", "Content-Encoding"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
    )
)
def test_any_headers_are_answered(bundle: Server, headers: dict[str, str]) -> None:
    connection = bundle.connect()
    connection.putrequest("POST", "/invocations", skip_accept_encoding=True)
    for name, value in {"Content-Type": "text/csv", **headers}.items():
        connection.putheader(name, value.encode("latin-1"))
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"M,")
    assert connection.getresponse().status in (400, 406, 415)
    connection.close()


def test_a_connection_is_kept_through_errors(regression: Server) -> None:
    connection = regression.connect()
    sockets = set()
    for body, status in [(csv_of(POOL[:3]), 200), ("x", 400), ("", 400), (csv_of(POOL[:1]), 200)]:
        connection.request("POST", "/invocations", body, {"Content-Type": "text/csv"})
        sockets.add(connection.sock.getsockname())
        response: http.client.HTTPResponse = connection.getresponse()
        response.read()
        assert response.status == status
    assert len(sockets) == 1
    connection.close()
