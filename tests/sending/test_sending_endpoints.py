"""Model and endpoint of a plan, sent after its jobs: layout image serves, is updated, and an update is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from account_cases import BUCKET, Account
from gate_cases import Gate
from model_cases import FEATURE_NAMES, SCHEMA, bundle_files, features_of, raw, table_of, train
from reliability_cases import until
from sent_cases import Watcher
from service_cases import ROLE
from tests_paths import ROOT

from pipeline.config import PipelineConfig, load_config
from pipeline.errors import StepError
from pipeline.operators.values import to_json
from pipeline.packaging.archives import sparkml_archive, xgboost_archive
from pipeline.plan import Plan, plan_requests, resolve_settings
from pipeline.run.place import images_here
from pipeline.sending.objects import split
from pipeline.sending.send import send_plan

FILE = ROOT / "examples" / "abalone" / "pipeline.yml"
SETTINGS = {"AWS_REGION": "us-east-1", "SAGEMAKER_ROLE": ROLE, "SAGEMAKER_BUCKET": BUCKET}
OWN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/scorer:1"
ENDPOINT = "stays"
ROWS = table_of(5, seed=2)
BODY = "".join(",".join(map(str, row.values())) + "\n" for row in ROWS.to_pylist())


def planned(key: str, **environment: str) -> tuple[Plan, PipelineConfig]:
    """The requests that follow the jobs, in a container of the project's own image with these variables."""
    config = load_config(FILE)
    section = {
        "model": {"layout": "image", "environment": environment},
        "images": {"own": OWN},
        "endpoint": {"name": ENDPOINT},
    }
    config = config.model_copy(update={"sagemaker": type(config.sagemaker).model_validate(section)})
    plan = plan_requests(config, FILE, resolve_settings(config.sagemaker, SETTINGS), key)
    steps = [step for step in plan.steps if step.name in ("model", "endpoint-config", "endpoint")]
    assert len(steps) == 3
    return replace(plan, uploads=(), steps=tuple(steps)), config


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def account(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("image")
    images = [f"--image={name}={meant}" for name, meant in images_here(planned("any")[1]).items()]
    service = gate.service(folder / "data", *images)
    yield Account(service, folder)
    assert service.stop() == 0, service.log.read_text()


class Runs:
    """Runs with keys of their own, whose models answer differently, all for one endpoint."""

    def __init__(self, account: Account, folder: Path) -> None:
        self._account, self._folder = account, folder
        self.predicted: dict[str, list[float]] = {}

    def send(self, key: str, watcher: Watcher | None = None, **environment: str) -> dict[str, Any]:
        """Leaves what the jobs of a run would, and sends the rest of its plan; `predicted` is what XGBoost says."""
        import xgboost

        plan, config = planned(key, **environment)
        package = plan.steps[0].package
        assert package is not None
        assert package.booster is not None
        features = features_of(table_of(200))
        booster = train(features, {}, label=features[:, 2] + 100 * len(self.predicted))
        self.predicted[key] = booster.predict(xgboost.DMatrix(features_of(ROWS))).tolist()
        summary = {"features": {"names": FEATURE_NAMES}, "zeros_are_missing": False, "classes": None}
        trained = xgboost_archive(raw(booster), self._folder / f"{key}-trained.tar.gz")
        bundle = sparkml_archive(bundle_files(), self._folder / f"{key}-bundle.tar.gz")
        self._put(package.booster, trained.read_bytes())
        self._put(f"{package.etl}/model.tar.gz", bundle.read_bytes())
        self._put(f"{package.etl}/schema.json", to_json(SCHEMA.to_dict()).encode())
        self._put(f"{package.etl}/summary.json", json.dumps(summary).encode())
        return send_plan(plan, config, self._account.clients, watcher or Watcher())["endpoint"]

    def ask(self) -> list[float]:
        """What the endpoint answers to the rows."""
        reply = self._account.clients.runtime.invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Body=BODY)
        return [float(np.float32(line)) for line in reply["Body"].read().splitlines()]

    def _put(self, uri: str, content: bytes) -> None:
        bucket, key = split(uri)
        self._account.s3.put_object(Bucket=bucket, Key=key, Body=content)


@pytest.fixture(scope="module")
def runs(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The first run has made the endpoint."""
    made = Runs(account, tmp_path_factory.mktemp("runs"))
    described = made.send("first")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "abalone-first-config")
    return made


def test_the_project_s_own_image_serves(account: Account, runs: Runs) -> None:
    (variant,) = account.sagemaker.describe_endpoint(EndpointName=ENDPOINT)["ProductionVariants"]
    assert [image["SpecifiedImage"] for image in variant["DeployedImages"]] == [OWN]
    assert runs.ask() == runs.predicted["first"]


def test_an_update_that_is_taken_back_fails_its_step(account: Account, runs: Runs) -> None:
    with pytest.raises(StepError, match=r"step endpoint: the update was taken back: .*ping health check.*WORKERS"):
        runs.send("broken", SAGEMAKER_MODEL_SERVER_WORKERS="many")
    assert runs.ask() == runs.predicted["first"]


def test_an_update_waits_for_the_one_that_is_under_way(account: Account, runs: Runs, gate: Gate) -> None:
    plan, _ = planned("gated", **gate.variables)
    model, config, endpoint = (dict(step.request) for step in plan.steps)
    first = account.sagemaker.describe_model(ModelName="abalone-first-model")["PrimaryContainer"]
    model["PrimaryContainer"] = {**model["PrimaryContainer"], "ModelDataUrl": first["ModelDataUrl"]}
    account.sagemaker.create_model(**model)
    account.sagemaker.create_endpoint_config(**config)
    gate.close()
    account.sagemaker.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=endpoint["EndpointConfigName"])
    watcher = Watcher()
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(runs.send, "second", watcher)
        try:
            until(lambda: "Updating" in watcher.lines or sent.done())
            assert not sent.done()
        finally:
            gate.open()
        described = sent.result()
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "abalone-second-config")
    assert runs.ask() == runs.predicted["second"]
