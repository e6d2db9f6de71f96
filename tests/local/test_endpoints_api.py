"""UpdateEndpoint and DescribeEndpoint as an unchanged boto3 sees them: what comes, what is kept, what is taken back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from endpoint_cases import container, variant
from gate_cases import Gate
from model_cases import features_of, raw, table_of, train
from service_cases import ROLE, SECONDS, keys

from pipeline.packaging.archives import xgboost_archive

ASKED = b"1,0,0.5,3"
CAPTURE = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://models/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}
SHOWN = {
    "EnableCapture": True,
    "CaptureStatus": "Started",
    "CurrentSamplingPercentage": 100,
    "DestinationS3Uri": "s3://models/captured",
    "KmsKeyId": "",
}

pytestmark = pytest.mark.slow


class Hosting:
    """Endpoints of a service, and models: plain, broken, and gated, whose containers have a gate before them."""

    def __init__(self, gate: Gate, folder: Path) -> None:
        self._gate, self._folder = gate, folder
        self._start()
        self._fill()

    def _start(self) -> None:
        self.service = self._gate.service(self._folder / "data")
        self.sagemaker, self.runtime, self.s3 = map(self.service.client, ("sagemaker", "sagemaker-runtime", "s3"))

    def restart(self) -> None:
        """kill -9, and the next start."""
        self.service.kill()
        self._start()

    def _fill(self) -> None:
        self.s3.create_bucket(Bucket="models")
        archive = xgboost_archive(raw(train(features_of(table_of(50)), {}, rounds=1)), self._folder / "model.tar.gz")
        self.s3.upload_file(str(archive), "models", "plain/model.tar.gz")
        self.s3.put_object(Bucket="models", Key="broken/model.tar.gz", Body=b"no archive")
        gated = container("plain", Environment=self._gate.variables)
        for name, model in {"plain": container("plain"), "broken": container("broken"), "gated": gated}.items():
            self.sagemaker.create_model(ModelName=name, PrimaryContainer=model, ExecutionRoleArn=ROLE)

    def config(self, name: str, *variants: Any, **more: Any) -> str:
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants), **more)
        return name

    def create(self, name: str, config: str) -> dict[str, Any]:
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.settled(name)

    def update(self, name: str, config: str, **more: Any) -> dict[str, Any]:
        self.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config, **more)
        return self.settled(name)

    def describe(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
        return described

    def settled(self, name: str) -> dict[str, Any]:
        """The description when nothing is under way."""
        until(lambda: self.describe(name)["EndpointStatus"] in ("InService", "Failed"))
        return self.describe(name)

    def ask(self, name: str, **more: Any) -> bytes:
        reply = self.runtime.invoke_endpoint(EndpointName=name, Body=ASKED, ContentType="text/csv", **more)
        return bytes(reply["Body"].read())

    def captured(self) -> set[str]:
        """The InferenceIds of what has been captured."""
        objects = [self.s3.get_object(Bucket="models", Key=key) for key in keys(self.s3, "models", "captured/")]
        records = [json.loads(line) for each in objects for line in each["Body"].read().splitlines()]
        return {record["eventMetadata"]["inferenceId"] for record in records}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def capacity(described: dict[str, Any]) -> tuple[float, int]:
    """Weight and count of the only variant."""
    (one,) = described["ProductionVariants"]
    assert (one["DesiredWeight"], one["DesiredInstanceCount"]) == (one["CurrentWeight"], one["CurrentInstanceCount"])
    return one["CurrentWeight"], one["CurrentInstanceCount"]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def hosting(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosting]:
    running = Hosting(gate, tmp_path_factory.mktemp("hosting"))
    yield running
    assert running.service.stop() == 0, running.service.log.read_text()


def test_weights_and_counts_are_retained_and_data_capture_is_the_new_config_s(hosting: Hosting) -> None:
    hosting.config("capturing", variant("plain"), DataCaptureConfig=CAPTURE)
    hosting.config("without", variant("plain", weight=7))
    assert hosting.create("kept", "capturing")["DataCaptureConfig"] == SHOWN
    hosting.ask("kept", InferenceId="first")
    desired = [{"VariantName": "AllTraffic", "DesiredWeight": 3, "DesiredInstanceCount": 2}]
    hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName="kept", DesiredWeightsAndCapacities=desired)
    assert capacity(hosting.settled("kept")) == (3, 2)

    described = hosting.update("kept", "without", RetainAllVariantProperties=True)
    assert capacity(described) == (3, 2)
    assert "DataCaptureConfig" not in described
    hosting.ask("kept", InferenceId="not captured")
    weight = [{"VariantPropertyType": "DesiredWeight"}]
    retaining = {"RetainAllVariantProperties": True, "ExcludeRetainedVariantProperties": weight}
    described = hosting.update("kept", "capturing", **retaining)
    assert (capacity(described), described["DataCaptureConfig"]) == ((1, 2), SHOWN)
    # What serves no more has written what it had captured.
    assert hosting.captured() == {"first"}

    hosting.restart()
    described = hosting.settled("kept")
    assert (capacity(described), described["DataCaptureConfig"]) == ((1, 2), SHOWN)
    hosting.ask("kept", InferenceId="restarted")
    described = hosting.update("kept", "without")
    assert capacity(described) == (7, 1)
    assert "DataCaptureConfig" not in described
    assert hosting.captured() == {"first", "restarted"}


def test_what_comes_is_told_until_it_serves(hosting: Hosting, gate: Gate) -> None:
    hosting.create("coming", hosting.config("coming-old", variant("plain")))
    answer = hosting.ask("coming")
    hosting.config("coming-new", variant("gated"))
    gate.close()
    new = {"EndpointName": "coming", "EndpointConfigName": "coming-new"}
    hosting.sagemaker.update_endpoint(**new)
    described = hosting.describe("coming")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", "coming-old")
    assert described["PendingDeploymentSummary"] == {"EndpointConfigName": "coming-new"}
    assert hosting.ask("coming") == answer
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        hosting.sagemaker.update_endpoint(**new)
    gate.open()
    described = hosting.settled("coming")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "coming-new")
    assert "PendingDeploymentSummary" not in described

    gate.close()
    desired = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 2}]
    hosting.sagemaker.update_endpoint_weights_and_capacities(EndpointName="coming", DesiredWeightsAndCapacities=desired)
    described = hosting.describe("coming")
    assert described["EndpointStatus"] == "Updating"
    assert "PendingDeploymentSummary" not in described
    gate.open()
    assert capacity(hosting.settled("coming")) == (1, 2)


def test_an_update_whose_container_fails_is_taken_back(hosting: Hosting) -> None:
    old = hosting.create("back", hosting.config("back-old", variant("plain"), DataCaptureConfig=CAPTURE))
    assert old["DataCaptureConfig"] == SHOWN
    answer = hosting.ask("back")
    hosting.config("back-new", variant("plain"), variant("broken", "b"))
    deployment = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
    described = hosting.update("back", "back-new", DeploymentConfig=deployment)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "back-old")
    assert described["FailureReason"].startswith("Production variant b: The primary container did not pass the ping")
    assert described["DataCaptureConfig"] == SHOWN
    assert described["LastDeploymentConfig"] == deployment
    assert "PendingDeploymentSummary" not in described
    assert described["ProductionVariants"] == old["ProductionVariants"]
    assert hosting.ask("back") == answer
    described = hosting.update("back", hosting.config("back-next", variant("plain")), RetainDeploymentConfig=True)
    assert (described["EndpointConfigName"], described["LastDeploymentConfig"]) == ("back-next", deployment)
    described = hosting.update("back", hosting.config("back-other", variant("plain")))
    assert described["EndpointConfigName"] == "back-other"
    assert not described.keys() & {"FailureReason", "DataCaptureConfig", "LastDeploymentConfig"}
