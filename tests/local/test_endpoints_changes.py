"""Endpoints that change while they serve: updates, roll-backs, weights, deaths, deletion."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from endpoint_cases import MODELS, SECONDS, Bench, alive, config, container, scores, variant
from model_cases import SCHEMA, features_of, raw, table_of, train

from pipeline.local.errors import ResourceInUse, ValidationException
from pipeline.packaging.archives import xgboost_archive

NUMBER = itertools.count(1)
INVOKED = "x-amzn-invoked-production-variant"


@pytest.fixture
def name() -> str:
    """An endpoint's name that no other test has."""
    return f"endpoint-{next(NUMBER)}"


@contextmanager
def load(bench: Bench, name: str, clients: int = 4) -> Iterator[list[tuple[int, bytes]]]:
    """Clients that call an endpoint without pause; yields what they are answered."""
    answers: list[tuple[int, bytes]] = []
    ended = threading.Event()

    def client() -> None:
        while not ended.is_set():
            reply = bench.call(name)
            answers.append((reply.status, reply.body))

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def test_an_update_drops_no_request(bench: Bench, name: str) -> None:
    bench.create(name, config(variant(count=2), name="old"))
    before, old = bench.call(name).body, bench.pids(name)
    with load(bench, name) as answers:
        bench.endpoints.update(name, config(variant("other"), name="new"), MODELS)
        assert bench.until(name, "InService", times=2) is None
    after = bench.call(name).body
    assert {status for status, _ in answers} == {200}
    assert {body for _, body in answers} <= {before, after}
    assert before != after
    assert [told[2] for told in bench.told if told[0] == name] == ["old", "new"]
    assert not [pid for pid in old if alive(pid)]


def test_an_update_that_does_not_come_up_is_rolled_back(bench: Bench, name: str) -> None:
    bench.create(name, config(name="old"))
    pids = bench.pids(name)
    with load(bench, name) as answers:
        broken = config(variant(), variant("broken", "b"), name="new")
        bench.endpoints.update(name, broken, MODELS)
        reason = bench.until(name, "InService", times=2)
    assert {status for status, _ in answers} == {200}
    told = [entry[1:] for entry in bench.told if entry[0] == name]
    assert told == [("InService", "old", None), ("RollingBack", "old", reason), ("InService", "old", reason)]
    assert str(reason).startswith("Production variant b: The primary container did not pass the ping health check")
    assert "s3://models/broken/model.tar.gz" in str(reason)
    assert bench.pids(name) == pids


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ({"PrimaryContainer": container("broken")}, "did not pass the ping health check"),
        ({"PrimaryContainer": container("none")}, "s3://models/none/model.tar.gz"),
        ({"PrimaryContainer": container("fused", "0.dkr.ecr/own-image:1")}, "own-image"),
        ({"PrimaryContainer": {"Image": container("fused")["Image"]}}, "no ModelDataUrl"),
        ({"PrimaryContainer": container("fused", Mode="MultiModel")}, "MultiModel"),
        (
            {"PrimaryContainer": container("bundle", Environment={"SAGEMAKER_SPARKML_SCHEMA": "{"})},
            "SAGEMAKER_SPARKML_SCHEMA",
        ),
        ({"Containers": [container("bundle"), container("broken")]}, "The container-2 container"),
    ],
)
def test_what_cannot_be_served_fails_with_its_reason(
    bench: Bench, name: str, model: dict[str, object], says: str
) -> None:
    bench.endpoints.create(name, config(variant("m")), {"m": {"ModelName": "m", **model}})
    reason = bench.until(name, "Failed")
    assert says in str(reason)
    assert len(str(reason)) <= 1024
    assert "Traceback" not in str(reason)
    assert bench.call(name).status == 400
    assert bench.endpoints.variants(name) == []


def test_a_worker_that_is_killed_is_replaced(bench: Bench, name: str) -> None:
    bench.create(name, config(variant(count=2)))
    expected = bench.call(name).body
    first, second = bench.pids(name)
    with load(bench, name) as answers:
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + SECONDS
        while first in bench.pids(name) and time.monotonic() < deadline:
            time.sleep(0.01)
        until = len(answers) + 50
        while len(answers) < until and time.monotonic() < deadline:
            time.sleep(0.01)
    assert set(answers) == {(200, expected)}
    assert second in bench.pids(name)
    assert alive(second)
    assert any("it is started again" in line for told, _, line in bench.lines if told == name)


def test_a_request_waits_for_the_only_worker(bench: Bench, name: str) -> None:
    bench.create(name, config())
    expected = bench.call(name).body
    for _ in range(2):
        (pid,) = bench.pids(name)
        os.kill(pid, signal.SIGKILL)
        assert bench.call(name).body == expected


def test_weights_and_counts(bench: Bench, name: str) -> None:
    bench.create(name, config(variant("fused", "a"), variant("other", "b", count=2)))
    pids = bench.pids(name)
    desired = [
        {"VariantName": "a", "DesiredWeight": 0, "DesiredInstanceCount": 2},
        {"VariantName": "b", "DesiredInstanceCount": 1},
    ]
    with load(bench, name) as answers:
        bench.endpoints.set_weights(name, desired)
        bench.until(name, "InService", times=2)
    assert {status for status, _ in answers} == {200}
    a, b = bench.endpoints.variants(name)
    assert (a["CurrentWeight"], a["DesiredWeight"], a["CurrentInstanceCount"]) == (0, 0, 2)
    assert (b["CurrentWeight"], b["CurrentInstanceCount"], b["DesiredInstanceCount"]) == (1, 1, 1)
    assert [alive(pid) for pid in pids] == [True, True, False]
    assert {bench.call(name).headers[INVOKED] for _ in range(6)} == {"b"}
    assert bench.call(name, target_variant="a").status == 200
    with pytest.raises(ValidationException, match="no variant c"):
        bench.endpoints.set_weights(name, [{"VariantName": "c", "DesiredWeight": 1}])


def test_instances_take_turns(bench: Bench, name: str) -> None:
    bench.create(name, config(variant(count=2)))
    before = _requests_read(bench, name)
    for _ in range(20):
        assert bench.call(name).status == 200
    # Each process has answered its half: /proc counts what it read.
    shares = [after - was for after, was in zip(_requests_read(bench, name), before, strict=True)]
    assert min(shares) > 0.8 * max(shares) > 0


def _requests_read(bench: Bench, name: str) -> list[int]:
    lines = [Path(f"/proc/{pid}/io").read_text().splitlines() for pid in bench.pids(name)]
    return [int(line.split()[1]) for each in lines for line in each if line.startswith("rchar")]


def test_deletion(bench: Bench, name: str) -> None:
    bench.create(name, config())
    pids = bench.pids(name)
    with pytest.raises(ResourceInUse):
        bench.endpoints.create(name, config(), MODELS)
    with load(bench, name) as answers:
        while not answers:
            time.sleep(0.01)
        bench.endpoints.delete(name)
        bench.until(name, "Deleted")
    assert Counter(status for status, _ in answers).keys() <= {200, 400}
    assert not [pid for pid in pids if alive(pid)]
    with pytest.raises(ValidationException, match="Could not find endpoint"):
        bench.endpoints.variants(name)
    bench.endpoints.create(name, config(), MODELS)
    bench.until(name, "InService", times=2)
    assert len(scores(bench.call(name))) == 1


def test_deletion_while_it_is_created(bench: Bench, name: str) -> None:
    bench.endpoints.create(name, config(variant("pair", count=2)), MODELS)
    bench.endpoints.delete(name)
    bench.until(name, "Deleted")
    assert [entry[1] for entry in bench.told if entry[0] == name] == ["Deleted"]


def test_a_container_s_variables(bench: Bench, name: str) -> None:
    schema = {
        "input": [{"name": column.name, "type": column.type} for column in reversed(SCHEMA.columns)],
        "output": {"name": "features", "type": "double", "struct": "vector"},
    }
    variables = {
        "SAGEMAKER_SPARKML_SCHEMA": json.dumps(schema),
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "application/jsonlines",
        "PYTHONPATH": "/nowhere",
        "LD_PRELOAD": "/nowhere/library.so",
    }
    model = {"ModelName": "m", "PrimaryContainer": container("bundle", Environment=variables)}
    bench.endpoints.create(name, config(variant("m")), {"m": model})
    bench.until(name, "InService")
    reply = bench.call(name, b"3,0.5,M")
    assert (reply.headers["content-type"], reply.body) == ("application/jsonlines", b'{"features":[1.0,0.0,0.5,3.0]}\n')
    (pid,) = bench.pids(name)
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"SAGEMAKER_SPARKML_SCHEMA" in environment
    assert b"/nowhere" not in environment


def test_streams_of_lines(bench: Bench, name: str) -> None:
    bench.create(name, config(variant("pair")))
    streams = {stream for told, stream, _ in bench.lines if told == name}
    assert {stream.split("/")[0] for stream in streams} == {"AllTraffic"}
    assert sorted(stream.split("/")[2] for stream in streams) == ["container-1", "container-2"]
    assert len({stream.split("/")[1] for stream in streams}) == 1


def test_processes_end_with_a_service_that_is_killed(tmp_path: Path) -> None:
    archive = xgboost_archive(raw(train(features_of(table_of(50)), {})), tmp_path / "model.tar.gz")
    program = (
        "import os, sys, threading, time\n"
        "from pathlib import Path\n"
        "from pipeline.local.endpoints.container import Container\n"
        "from pipeline.local.endpoints.process import ServingProcess\n"
        "process = ServingProcess(Container('c', 'i', '', Path(sys.argv[1]), {}), os.environ, lambda line: None)\n"
        "process.start()\n"
        "process.wait(time.monotonic() + 60, threading.Event())\n"
        "print(process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(archive)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        assert alive(pid)
        service.kill()
    deadline = time.monotonic() + SECONDS
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(pid)
