"""Requests to a service: what functions get, what becomes of their values and of what they do wrong."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from service_processes import ask

from pipeline.services.up import Up


@pytest.mark.parametrize("value", [None, True, 3, 1.5, "é", [1, None], {"petal_width": "2.1"}])
def test_a_function_gets_what_the_json_says_and_its_value_is_json(service: Up, value: object) -> None:
    answer = ask(service.url, "/echo", json.dumps(value).encode())
    assert (answer.status, answer.value) == (200, {"got": value})


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/text", "text/plain; charset=utf-8", b"plain"),
        ("/data", "application/octet-stream", b"\0\xff"),
        ("/nothing", "application/json", b"null"),
        ("/array", "application/json", b'{"mean":0.5,"rows":[0,1,2],"1":true}'),
    ],
)
def test_values_of_all_kinds(service: Up, path: str, kind: str, body: bytes) -> None:
    answer = ask(service.url, path, {})
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, kind, body)


def test_without_a_body_there_is_nothing(service: Up) -> None:
    assert ask(service.url, "/echo").value == {"got": None}
    assert ask(service.url, "/echo/", b"").value == {"got": None}


def test_a_function_for_bytes_gets_the_body_as_it_came(service: Up) -> None:
    assert ask(service.url, "/raw", b"not JSON").value == ["bytes", "not JSON"]


def test_a_body_may_be_compressed(service: Up) -> None:
    answer = ask(service.url, "/echo", gzip.compress(b"[7]"), **{"Content-Encoding": "gzip"})
    assert answer.value == {"got": [7]}


@pytest.mark.parametrize(("path", "body"), [("/echo", b'{"a": '), ("/echo", b"\xff"), ("/parsed", b'{"x": ')])
def test_a_body_that_is_no_json_is_refused(service: Up, path: str, body: bytes) -> None:
    answer = ask(service.url, path, body)
    assert (answer.status, answer.error["code"]) == (400, "BadRequest")


def test_an_exception_of_the_request_is_told(service: Up) -> None:
    answer = ask(service.url, "/refuses", {})
    assert answer.status == 422
    assert (answer.error["code"], answer.error["message"]) == ("BadRequest", "no such iris")


@pytest.mark.parametrize("path", ["/fails", "/leaves", "/odd"])
def test_an_exception_of_the_function_is_in_the_log_alone(service: Up, path: str) -> None:
    answer = ask(service.url, path, {}, **{"X-Amzn-SageMaker-Inference-Id": f"id-of{path}"})
    assert answer.status == 500
    assert answer.error == {
        "code": "FunctionFailed",
        "message": "the function failed; the service's log says why",
        "inference_id": f"id-of{path}",
    }
    assert answer.headers["x-inference-id"] == f"id-of{path}"
    log = service.log.read_text()
    assert f"functions:{path[1:]} failed, inference id id-of{path}\nTraceback" in log
    assert ("secret path" in log) or path != "/fails"


def test_an_id_that_would_forge_a_line_of_the_log_is_not_taken(service: Up) -> None:
    answer = ask(service.url, "/fails", {}, **{"X-Inference-Id": "a b"})
    assert answer.error["inference_id"] != "a b"
    assert len(answer.error["inference_id"]) == 32


def test_what_is_not_there_is_said_with_what_is(service: Up) -> None:
    answer = ask(service.url, "/other", {})
    assert answer.status == 404
    assert "/echo" in answer.error["expected"]
    answer = ask(service.url, "/echo", method="DELETE")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert ask(service.url, "/healthcheck", {}).status == 405


def test_a_body_above_the_limit_is_refused(service: Up) -> None:
    answer = ask(service.url, "/echo", b" " * (7 << 20))
    assert (answer.status, answer.error["code"]) == (413, "PayloadTooLarge")


def test_health(service: Up) -> None:
    assert ask(service.url, "/healthcheck").value == {"status": "ok"}
    assert ask(service.url, "/ping").status == 200


def test_functions_run_in_their_folder_with_their_variables(service: Up, module_state: Path) -> None:
    source, store = module_state / "src", module_state / "store"
    assert ask(service.url, "/where", {}).value == [str(source), str(store), "3"]


def test_what_a_function_prints_is_in_the_log(service: Up) -> None:
    assert ask(service.url, "/speak", {}).value == 1
    assert "said by a function\n" in service.log.read_text()
