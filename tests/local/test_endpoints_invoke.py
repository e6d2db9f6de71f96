"""InvokeEndpoint against serving processes: answers, headers, errors in the runtime's words."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from endpoint_cases import LINE, MODELS, SECONDS, SPARKML, Bench, config, container, scores, variant
from model_cases import features_of, table_of, train

from pipeline.local.endpoints import invocation
from pipeline.local.wire import Reply

ROWS = b"M,0.5,3\n" + "größe,1.25,7\n😀,-2,0\n".encode()


@pytest.fixture(scope="module", autouse=True)
def served(bench: Bench) -> None:
    direct = {
        "ModelName": "direct",
        "Containers": [
            container("bundle", SPARKML, ContainerHostname="features"),
            container("fused", ContainerHostname="scores"),
        ],
        "InferenceExecutionConfig": {"Mode": "Direct"},
    }
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2}}
    requests = {
        "one": config(variant()),
        "pair": config(variant("pair")),
        "weighted": config(variant("fused", "a", weight=3), variant("other", "b")),
        "direct": config(variant("direct")),
        "serverless": config({"VariantName": "AllTraffic", "ModelName": "fused", **serverless}),
    }
    for name, request in requests.items():
        bench.endpoints.create(name, request, {**MODELS, "direct": direct})
    for name in requests:
        bench.until(name, "InService")


def error(reply: Reply, status: int, code: str) -> dict[str, object]:
    """The body of an error with that status and code."""
    assert (reply.status, reply.headers.get("x-amzn-errortype", "")) == (status, code), reply.body
    document: dict[str, object] = json.loads(reply.body)
    return document


def parsed(reply: Reply) -> Any:
    """A reply as boto3 reads it."""
    import botocore.session
    from botocore.parsers import create_parser

    model = botocore.session.get_session().get_service_model("sagemaker-runtime")
    response = {"status_code": reply.status, "headers": reply.headers, "body": reply.body}
    return create_parser("rest-json").parse(response, model.operation_model("InvokeEndpoint").output_shape)


def test_answers_are_the_boosters_own(bench: Bench) -> None:
    import xgboost

    reply = bench.call("one", ROWS)
    table = table_of(200)
    features = [[1, 0, 0.5, 3], [0, 1, 1.25, 7], [0, 0, -2, 0]]
    expected = train(features_of(table), {}).predict(xgboost.DMatrix(features))
    assert scores(reply) == [float(score) for score in expected]
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["x-amzn-invoked-production-variant"] == "AllTraffic"


def test_a_pipeline_of_two_containers_answers_as_the_fused_archive(bench: Bench) -> None:
    assert bench.call("pair", ROWS).body == bench.call("one", ROWS).body


def test_accept_is_for_the_last_container(bench: Bench) -> None:
    reply = bench.call("pair", ROWS, accept="application/json")
    assert reply.headers["content-type"] == "application/json"
    assert len(json.loads(reply.body)["predictions"]) == 3


def test_an_error_names_its_container_and_keeps_its_words(bench: Bench) -> None:
    for name, hostname in (("one", "primary"), ("pair", "container-1")):
        said = error(bench.call(name, b"M,0.5,3\nX,0.5,3\n"), 424, "ModelError")
        assert said["OriginalStatusCode"] == 400
        assert json.loads(str(said["OriginalMessage"]))["error"]["row"] == 2
        assert str(said["LogStreamArn"]).endswith(f":log-group:/aws/sagemaker/Endpoints/{name}")
        assert f"Received client error (400) from {hostname} with message" in str(said["Message"])


def test_boto3_reads_the_errors(bench: Bench) -> None:
    said = parsed(bench.call("one", b"X,0.5,3"))["Error"]
    assert said["Code"] == "ModelError"
    assert "Received client error (400)" in said["Message"]


@pytest.mark.parametrize(
    ("name", "headers", "says"),
    [
        ("none", {}, "Endpoint none of account 123456789012 not found."),
        ("weighted", {"target_variant": "c"}, "no variant c; there are a, b"),
        ("one", {"target_model": "m.tar.gz"}, "serves one model"),
        ("one", {"inference_component": "part"}, "Inference Component Name header is not allowed"),
        ("one", {"target_container_hostname": "primary"}, "Direct"),
        ("direct", {}, "one of features, scores"),
        ("one", {"custom_attributes": "a\r\nb: c"}, "ASCII"),
        ("one", {"custom_attributes": "é"}, "ASCII"),
        ("one", {"custom_attributes": "a" * 1025}, "1,024"),
    ],
)
def test_a_request_that_names_something_wrong(bench: Bench, name: str, headers: dict[str, str], says: str) -> None:
    assert says in str(error(bench.call(name, LINE, **headers), 400, "ValidationError")["Message"])


def test_custom_attributes_come_back(bench: Bench) -> None:
    reply = bench.call("one", LINE, custom_attributes="trace=7")
    assert reply.headers["x-amzn-sagemaker-custom-attributes"] == "trace=7"
    assert "x-amzn-sagemaker-custom-attributes" not in bench.call("one").headers


def test_a_request_may_name_its_container(bench: Bench) -> None:
    assert bench.call("direct", LINE, target_container_hostname="features").body == b"1.0,0.0,0.5,3.0\n"
    assert bench.call("direct", LINE, target_container_hostname="scores").body == bench.call("one").body


def test_variants_share_by_weight(bench: Bench) -> None:
    counts = Counter(bench.call("weighted").headers["x-amzn-invoked-production-variant"] for _ in range(40))
    assert counts == {"a": 30, "b": 10}
    a, b = (bench.call("weighted", LINE, target_variant=name) for name in "ab")
    assert (a.headers["x-amzn-invoked-production-variant"], b.headers["x-amzn-invoked-production-variant"]) == (
        "a",
        "b",
    )
    assert scores(b)[0] > 90 > scores(a)[0]


def test_a_body_above_the_limit_reaches_no_container(bench: Bench) -> None:
    line = b"M,0." + b"5" * 1000 + b",3\n"
    limit = 6 << 20
    assert bench.call("one", line * (limit // len(line))).status == 200
    said = error(bench.call("one", b"x" * (limit + 1)), 413, "")
    assert said["Message"] == f"HTTP content length exceeded {limit} bytes."


def test_a_larger_limit_holds_for_the_containers_too(make_bench: Callable[..., Bench]) -> None:
    large = make_bench(max_payload=8 << 20)
    large.create("large", config(variant("pair")))
    line = b"M,0." + b"5" * 1000 + b",3\n"
    rows = 7 * (1 << 20) // len(line)
    assert len(scores(large.call("large", line * rows))) == rows


def test_a_model_that_does_not_answer_in_time(make_bench: Callable[..., Bench]) -> None:
    hasty = make_bench(timeout=0.5)
    hasty.create("stuck", config())
    (pid,) = hasty.pids("stuck")
    os.kill(pid, signal.SIGSTOP)
    try:
        said = error(hasty.call("stuck"), 424, "ModelError")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert said["OriginalStatusCode"] == 0
    assert "timed out while waiting for a response from container primary" in str(said["Message"])
    assert hasty.call("stuck").status == 200


def test_a_serverless_variant_takes_so_many_at_once(bench: Bench) -> None:
    (pid,) = bench.pids("serverless")
    os.kill(pid, signal.SIGSTOP)
    waiting = [bench.submit("serverless") for _ in range(2)]
    try:
        assert "Rate exceeded" in str(error(bench.call("serverless"), 400, "ThrottlingException")["Message"])
    finally:
        os.kill(pid, signal.SIGCONT)
    assert [future.result(30).status for future in waiting] == [200, 200]


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 2}}, 429, "ModelNotReadyException"),
        ({"InitialInstanceCount": 1}, 503, "ServiceUnavailable"),
    ],
)
def test_a_worker_that_keeps_dying(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], status: int, code: str
) -> None:
    monkeypatch.setattr(invocation, "_RESTART_SECONDS", 0.5)
    bench.create(code, config({"VariantName": "AllTraffic", "ModelName": "fused", **more}))
    serving = bench.endpoints._get(code).serving
    assert serving is not None
    (member,) = serving.fleet.variants[0].containers.members
    archive = member.model.read_bytes()
    # It cannot start any more.
    member.model.write_bytes(b"no archive")
    (pid,) = bench.pids(code)
    os.kill(pid, signal.SIGKILL)
    reply = bench.call(code)
    said = f"No instance of variant AllTraffic of endpoint {code} is healthy; try again."
    assert error(reply, status, code)["Message"] == said
    assert parsed(reply)["Error"]["Code"] == code
    member.model.write_bytes(archive)
    monkeypatch.setattr(invocation, "_RESTART_SECONDS", SECONDS)
    assert bench.call(code).status == 200


def test_variants_are_described(bench: Bench) -> None:
    a, b = bench.endpoints.variants("weighted")
    assert (a["VariantName"], a["CurrentWeight"], a["CurrentInstanceCount"]) == ("a", 3, 1)
    assert b["DeployedImages"][0]["SpecifiedImage"] == container("other")["Image"]
    (serverless,) = bench.endpoints.variants("serverless")
    assert serverless["CurrentServerlessConfig"]["MaxConcurrency"] == 2
