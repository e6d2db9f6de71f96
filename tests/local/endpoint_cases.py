"""A store, small archives in it, and what one needs to create, watch and call endpoints."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import uvloop
from botocore.config import Config
from model_cases import FEATURE_NAMES, SCHEMA, bundle_files, features_of, raw, table_of, train
from moto.server import ThreadedMotoServer

from pipeline.local.endpoints import Endpoints
from pipeline.local.objects import Objects
from pipeline.local.wire import Reply
from pipeline.operators.values import to_json
from pipeline.packaging.archives import fused_archive, sparkml_archive, xgboost_archive
from pipeline.scoring.manifest import Manifest

BUCKET = "s3://models"
XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5"
SPARKML = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-sparkml-serving:3.3"
SECONDS = 60
LINE = b"M,0.5,3"


@pytest.fixture(scope="module")
def store_client() -> Iterator[Any]:
    """A boto3 client of an S3 of the module's own, with a bucket; moto has one state for all servers of a process."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - any is good here
        config=Config(proxies={}, s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="models")
    yield client
    client.close()
    server.stop()


@pytest.fixture(scope="module")
def archives(store_client: Any, tmp_path_factory: pytest.TempPathFactory) -> Objects:
    """The store with the archives: fused (and another one), bundle, booster, broken."""
    found = Objects(store_client)
    folder = tmp_path_factory.mktemp("archives")
    table = table_of(200)
    features = features_of(table)
    first = raw(train(features, {}))
    second = raw(train(features, {}, label=features[:, 2] + 100))
    bundle = bundle_files()
    manifest = Manifest("features", FEATURE_NAMES)
    for name, path in {
        "fused": fused_archive(bundle, first, SCHEMA, manifest, folder / "fused.tar.gz"),
        "other": fused_archive(bundle, second, SCHEMA, manifest, folder / "other.tar.gz"),
        "bundle": sparkml_archive({**bundle, "schema.json": to_json(SCHEMA.to_dict()).encode()}, folder / "b.tar.gz"),
        "booster": xgboost_archive(first, folder / "booster.tar.gz"),
    }.items():
        found.upload(path, f"{BUCKET}/{name}/model.tar.gz")
    (folder / "broken.tar.gz").write_bytes(b"\x1f\x8bno archive")
    found.upload(folder / "broken.tar.gz", f"{BUCKET}/broken/model.tar.gz")
    return found


def container(archive: str, image: str = XGBOOST, **fields: Any) -> dict[str, Any]:
    """A container's definition."""
    return {"Image": image, "ModelDataUrl": f"{BUCKET}/{archive}/model.tar.gz", **fields}


MODELS: dict[str, dict[str, Any]] = {
    "fused": {"ModelName": "fused", "PrimaryContainer": container("fused")},
    "other": {"ModelName": "other", "PrimaryContainer": container("other")},
    "broken": {"ModelName": "broken", "PrimaryContainer": container("broken")},
    "pair": {"ModelName": "pair", "Containers": [container("bundle", SPARKML), container("booster")]},
}


def variant(model: str = "fused", name: str = "AllTraffic", count: int = 1, weight: float = 1, **more: Any) -> Any:
    """A ProductionVariant."""
    return {
        "VariantName": name,
        "ModelName": model,
        "InitialInstanceCount": count,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": weight,
        **more,
    }


def config(*variants: Any, name: str = "config", **more: Any) -> dict[str, Any]:
    """CreateEndpointConfig's request."""
    return {"EndpointConfigName": name, "ProductionVariants": list(variants or [variant()]), **more}


@dataclass
class Bench:
    """Endpoints with a loop that calls them, and a record of what they told."""

    endpoints: Endpoints
    loop: asyncio.AbstractEventLoop
    told: list[tuple[str, str, str | None, str | None]]
    lines: list[tuple[str, str, str]]
    changed: threading.Condition = field(default_factory=threading.Condition)

    def create(self, name: str, request: Mapping[str, Any], status: str = "InService") -> str | None:
        """Creates an endpoint and returns the reason that goes with its status."""
        self.endpoints.create(name, request, MODELS)
        return self.until(name, status)

    def until(self, name: str, status: str, times: int = 1) -> str | None:
        """Waits until an endpoint was told to have a status for that time, and returns the last reason."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            found = [reason for told, now, _, reason in list(self.told) if (told, now) == (name, status)]
            if len(found) >= times:
                return found[-1]
            time.sleep(0.01)
        raise AssertionError(f"{name} is not {status}: {self.told}, {self.lines[-20:]}")

    def call(self, name: str, body: bytes = LINE, **headers: str) -> Reply:
        """One invocation; `_` stands for `-` in names of headers, and X-Amzn-SageMaker- goes before all but two."""
        return self.submit(name, body, **headers).result(SECONDS)

    def submit(self, name: str, body: bytes = LINE, **headers: str) -> Any:
        """The invocation's future."""
        sent = {"content-type": "text/csv"}
        for key, value in headers.items():
            plain = key.replace("_", "-")
            sent[plain if plain in ("content-type", "accept") else f"x-amzn-sagemaker-{plain}"] = value
        return asyncio.run_coroutine_threadsafe(self.endpoints.invoke(name, body, sent), self.loop)

    def pids(self, name: str) -> list[int]:
        """The processes that serve an endpoint."""
        serving = self.endpoints._get(name).serving
        assert serving is not None
        return [
            process.pid
            for each in serving.fleet.variants
            for instance in each.instances
            for process in instance.processes
        ]


@pytest.fixture(scope="module")
def make_bench(archives: Objects, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Bench]]:
    """Makes endpoints of one's own, ended with the module."""
    # The loop of the service's own port; transform jobs run on asyncio's.
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made: list[Bench] = []

    def make(**options: Any) -> Bench:
        told: list[tuple[str, str, str | None, str | None]] = []
        lines: list[tuple[str, str, str]] = []

        def on_change(name: str, status: str, *, config: str | None, reason: str | None) -> None:
            told.append((name, status, config, reason))

        endpoints = Endpoints(
            archives,
            tmp_path_factory.mktemp("endpoints") / "work",
            environment=dict(os.environ),
            log=lambda *line: lines.append(line),
            on_change=on_change,
            **options,
        )
        made.append(Bench(endpoints, loop, told, lines))
        return made[-1]

    yield make
    for bench in made:
        bench.endpoints.stop()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture(scope="module")
def bench(make_bench: Callable[..., Bench]) -> Bench:
    """Endpoints that a module's tests share."""
    return make_bench()


def scores(reply: Reply) -> list[float]:
    """The numbers of a CSV reply."""
    assert reply.status == 200, reply.body
    return [float(line) for line in reply.body.decode().splitlines()]


def alive(pid: int) -> bool:
    """Whether a process runs."""
    return _stat(pid)[0] != "Z"


def children() -> set[int]:
    """The processes that this one has started and that run."""
    pids = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return {pid for pid in pids if _stat(pid)[1] == str(os.getpid()) and alive(pid)}


def _stat(pid: int) -> tuple[str, str]:
    """State and parent of a process; a zombie's state for one that is gone."""
    try:
        state, parent, *_ = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "Z", ""
    return state, parent
