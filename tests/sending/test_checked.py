"""What AWS would refuse is not sent, though it came up only after the plan was made."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from service_cases import ROLE
from tests_paths import ROOT

from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.plan import Deletion, Step, plan_requests, resolve_settings
from pipeline.sending.cleanup import delete
from pipeline.sending.clients import Clients
from pipeline.sending.send import send_step

SETTINGS = {"AWS_REGION": "us-east-1", "SAGEMAKER_ROLE": ROLE, "SAGEMAKER_BUCKET": "bucket"}


class Nobody:
    """A client that is not to be asked for anything."""

    def __getattr__(self, name: str) -> Any:
        pytest.fail(f"{name} was asked for")


@dataclass
class Store:
    """An S3 whose every object is this document."""

    document: dict[str, Any]

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(json.dumps(self.document).encode())}


def training(folder: Path) -> Step:
    """A training job that learns the number of its features from the job before."""
    document = yaml.safe_load((ROOT / "examples" / "recommender" / "pipeline.yml").read_text(encoding="utf-8"))
    document["data"]["schema"] = str(ROOT / "schemas" / "ratings.json")
    del document["training"]["hyperparameters"]["feature_dim"]
    file = folder / "pipeline.yml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    config = load_config(file)
    step = plan_requests(config, file, resolve_settings(config.sagemaker, SETTINGS), "k").step("training")
    assert step is not None
    return step


def test_a_request_that_a_job_before_it_has_completed(tmp_path: Path) -> None:
    clients = Clients(Nobody(), Nobody(), Store({"feature_dim": "1" * 2501}), Nobody())
    with pytest.raises(ConfigError, match=r"^training\.hyperparameters: Value '\{.* less than or equal to 2500"):
        send_step(training(tmp_path), None, clients, pytest.fail)


@pytest.mark.parametrize(
    ("deletion", "said"),
    [
        (Deletion("DeleteModel", {"ModelName": "a model"}), "DeleteModel: Value 'a model' at 'modelName' failed"),
        (Deletion("DeleteEndpoint", {}), "DeleteEndpoint: Value null at 'endpointName' failed"),
        (Deletion("DeleteJob", {"JobName": ""}, service="glue"), "DeleteJob: Value '' at 'jobName' failed"),
    ],
)
def test_a_deletion(deletion: Deletion, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        delete(Clients(Nobody(), Nobody(), Nobody(), Nobody()), deletion)
    assert str(caught.value).startswith(said)
