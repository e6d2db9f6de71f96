"""Inference components as an unchanged boto3 sees them: models of their own on one endpoint, refusals, a kill -9."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from endpoint_cases import LINE, MODELS, XGBOOST, config, variant
from model_cases import FEATURE_NAMES, SCHEMA, bundle_files, features_of, raw, table_of, train
from service_cases import ROLE, Service, log_lines

from pipeline.packaging.archives import fused_archive
from pipeline.scoring.manifest import Manifest

ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"
SECONDS = 60
NEEDS = {"ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}}
FUSED = {"ModelName": "fused", **NEEDS}
OTHER = {"Container": {"Image": XGBOOST, "ArtifactUrl": "s3://models/other/model.tar.gz"}, **NEEDS}

pytestmark = pytest.mark.slow


def fill(service: Service, folder: Path) -> None:
    """Two archives, a model of one, an endpoint for components (hosting) and one with a model (plain)."""
    s3, client = service.client("s3"), service.client("sagemaker")
    s3.create_bucket(Bucket="models")
    features = features_of(table_of(100))
    for name, label in {"fused": None, "other": features[:, 2] + 100}.items():
        booster = raw(train(features, {}) if label is None else train(features, {}, label=label))
        archive = folder / f"{name}.tar.gz"
        fused_archive(bundle_files(), booster, SCHEMA, Manifest("features", FEATURE_NAMES), archive)
        s3.upload_file(str(archive), "models", f"{name}/model.tar.gz")
    s3.put_object(Bucket="models", Key="broken/model.tar.gz", Body=b"\x1f\x8bno archive")
    for name in ("fused", "broken"):
        client.create_model(**MODELS[name], ExecutionRoleArn=ROLE)
    client.create_endpoint_config(**config(place("here", count=2), name="hosting", ExecutionRoleArn=ROLE))
    client.create_endpoint_config(**config(variant("fused"), name="plain"))
    for name in ("hosting", "plain"):
        client.create_endpoint(EndpointName=name, EndpointConfigName=name)
    for name in ("hosting", "plain"):
        client.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1})


def place(name: str, count: int = 1) -> dict[str, Any]:
    """A variant without a model."""
    return {"VariantName": name, "InitialInstanceCount": count, "InstanceType": "ml.m5.large"}


def component(name: str, specification: dict[str, Any], copies: int = 1, **more: Any) -> dict[str, Any]:
    """CreateInferenceComponent's request."""
    return {
        "InferenceComponentName": name,
        "EndpointName": "hosting",
        "VariantName": "here",
        "Specification": specification,
        "RuntimeConfig": {"CopyCount": copies},
        **more,
    }


def settled(client: Any, name: str) -> dict[str, Any]:
    """A component's description when it is neither Creating nor Updating."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        described: dict[str, Any] = client.describe_inference_component(InferenceComponentName=name)
        if described["InferenceComponentStatus"] not in {"Creating", "Updating"}:
            return described
        time.sleep(0.05)
    raise AssertionError(described)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def said(service: Service, name: str) -> list[str]:
    """The log of a component; nothing while there is none."""
    logs = service.client("logs")
    try:
        return log_lines(logs, f"/aws/sagemaker/InferenceComponents/{name}", "here/")
    except logs.exceptions.ResourceNotFoundException:
        return []


def delete(client: Any, *names: str) -> None:
    """Deletes components, and waits until they are gone."""
    for name in names:
        client.delete_inference_component(InferenceComponentName=name)
    until(lambda: not {one["InferenceComponentName"] for one in listed(client)} & set(names))


def listed(client: Any, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.list_inference_components(**wanted)["InferenceComponents"]
    return found


@pytest.fixture(scope="module")
def hosting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("components") / "data")
    fill(running, tmp_path_factory.mktemp("archives"))
    yield running
    assert running.stop() == 0, running.log.read_text()


@pytest.fixture
def client(hosting: Service) -> Any:
    return hosting.client("sagemaker")


@pytest.fixture
def ask(hosting: Service) -> Callable[..., float]:
    """Asks an endpoint, and a component of it where one is named, for one prediction."""
    runtime = hosting.client("sagemaker-runtime")

    def asked(name: str | None = None, endpoint: str = "hosting", body: bytes = LINE, **more: Any) -> float:
        named = {} if name is None else {"InferenceComponentName": name}
        reply = runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType="text/csv", **named, **more)
        return float(reply["Body"].read())

    return asked


def requested(service: Service, path: str, form: str | None = None) -> str:
    """A page's text; with a form, the answer to it."""
    headers = {"Accept": "text/html", "Origin": service.url, "Content-Type": "application/x-www-form-urlencoded"}
    request = Request(service.url + path, form.encode() if form else None, headers)  # noqa: S310 - the service's own
    with urlopen(request, timeout=SECONDS) as reply:  # noqa: S310 - as above
        return str(reply.read().decode())


def refused(call: Callable[..., object], *arguments: Any, code: str = "ValidationException", **named: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(*arguments, **named)
    assert error.value.response["Error"]["Code"] == code
    return str(error.value.response["Error"]["Message"])


def test_two_components_serve_models_of_their_own(client: Any, ask: Callable[..., float], hosting: Service) -> None:
    made = client.create_inference_component(**component("first", FUSED, Tags=[{"Key": "a", "Value": "b"}]))
    assert made["InferenceComponentArn"] == f"{ACCOUNT}:inference-component/first"
    client.create_inference_component(**component("second", OTHER, copies=2))
    first, second = settled(client, "first"), settled(client, "second")
    assert {one["InferenceComponentStatus"] for one in (first, second)} == {"InService"}
    assert (first["EndpointArn"], first["VariantName"]) == (f"{ACCOUNT}:endpoint/hosting", "here")
    assert first["Specification"] == FUSED
    assert first["RuntimeConfig"] == {"DesiredCopyCount": 1, "CurrentCopyCount": 1}
    assert second["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    assert second["Specification"]["Container"]["DeployedImage"]["SpecifiedImage"] == XGBOOST
    assert client.list_tags(ResourceArn=made["InferenceComponentArn"])["Tags"] == [{"Key": "a", "Value": "b"}]

    assert ask("first") == ask(endpoint="plain")
    assert ask("second") > ask("first") + 50
    assert ask("first", TargetVariant="here") == ask("first")
    with pytest.raises(ClientError, match=r"client error \(400\).*/aws/sagemaker/InferenceComponents/first"):
        ask("first", body=b"X,0.5,3")
    until(lambda: any("serving" in line for line in said(hosting, "first")))

    form = {"component": "second", "content_type": "text/csv", "body": LINE.decode()}
    page = requested(hosting, "/-/endpoints/hosting", urlencode(form))
    assert f"<code>{ask('second')!r}" in page
    assert "<option selected>second</option>" in page
    assert "Inference components" in requested(hosting, "/-/endpoints/hosting")

    assert [one["InferenceComponentName"] for one in listed(client)] == ["second", "first"]
    assert [one["InferenceComponentName"] for one in listed(client, NameContains="fir")] == ["first"]
    assert len(listed(client, EndpointNameEquals="hosting", VariantNameEquals="here", StatusEquals="InService")) == 2
    assert listed(client, EndpointNameEquals="plain") == listed(client, VariantNameEquals="there") == []
    described = client.describe_endpoint(EndpointName="hosting")
    assert [one["CurrentInstanceCount"] for one in described["ProductionVariants"]] == [2]

    assert "Cannot create already existing inference component" in refused(
        client.create_inference_component, **component("first", FUSED)
    )
    delete(client, "first", "second")
    assert "not found for endpoint hosting" in refused(ask, "first", code="ValidationError")
    assert 'Could not find inference component "' in refused(
        client.describe_inference_component, InferenceComponentName="first"
    )


def test_the_header_and_the_endpoint_must_fit(client: Any, ask: Callable[..., float]) -> None:
    assert refused(ask, code="ValidationError").startswith(
        "Inference Component Name header is required for endpoints to which you plan to deploy inference components."
    )
    assert refused(ask, "first", "plain", code="ValidationError").startswith(
        "Inference Component Name header is not allowed for endpoints"
    )
    assert "nowhere of account" in refused(ask, "first", "nowhere", code="ValidationError")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"EndpointName": "nowhere"}, f'Could not find endpoint "{ACCOUNT}:endpoint/nowhere".'),
        ({"EndpointName": "plain"}, "Inference Components are not supported in this Endpoint."),
        ({"VariantName": "there"}, 'Could not find variant "there"'),
        ({"Specification": {"ModelName": "nowhere", **NEEDS}}, f'Could not find model "{ACCOUNT}:model/nowhere".'),
        ({"Specification": {**FUSED, **OTHER}}, "Exactly one of ModelName and Container"),
        ({"Specification": NEEDS}, "Exactly one of ModelName and Container"),
        ({"Specification": {"ModelName": "fused"}}, "'specification.computeResourceRequirements' failed to satisfy"),
        ({"Specification": {"Container": {}, **NEEDS}}, "'specification.container.image' failed to satisfy"),
        ({"Specification": {"Container": {"Image": "0.dkr.ecr/own:1"}, **NEEDS}}, "0.dkr.ecr/own:1"),
        ({"Specification": {"BaseInferenceComponentName": "first"}}, "BaseInferenceComponentName"),
        ({"Specifications": [FUSED, FUSED]}, "Specifications"),
        ({"InferenceComponentName": "a" * 64}, "length less than or equal to 63"),
    ],
)
def test_a_component_that_has_no_place_is_refused(client: Any, wrong: dict[str, Any], says: str) -> None:
    assert says in refused(client.create_inference_component, **component("wrong", FUSED) | wrong)
    assert listed(client, NameContains="wrong") == []


@pytest.mark.parametrize("missing", ["VariantName", "Specification", "RuntimeConfig"])
def test_what_sagemaker_asks_for_beyond_the_service_model(client: Any, missing: str) -> None:
    request = component("wrong", FUSED)
    del request[missing]
    assert f"Value null at '{missing[0].lower()}{missing[1:]}'" in refused(client.create_inference_component, **request)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (config(place("a"), ExecutionRoleArn=ROLE) | {"ProductionVariants": [place("a"), variant("fused")]}, "or none"),
        (config(place("a")), "ExecutionRoleArn"),
        (
            config(
                {"VariantName": "a", "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}},
                ExecutionRoleArn=ROLE,
            ),
            "ServerlessConfig",
        ),
    ],
)
def test_a_config_for_components_is_checked(client: Any, request_: dict[str, Any], says: str) -> None:
    assert says in refused(client.create_endpoint_config, **request_)


def test_copies_and_models_change_while_it_serves(client: Any, ask: Callable[..., float]) -> None:
    client.create_inference_component(**component("changing", FUSED))
    settled(client, "changing")
    before = ask("changing")
    named = {"InferenceComponentName": "changing"}

    client.update_inference_component_runtime_config(**named, DesiredRuntimeConfig={"CopyCount": 0})
    assert settled(client, "changing")["RuntimeConfig"] == {"DesiredCopyCount": 0, "CurrentCopyCount": 0}
    assert refused(ask, "changing", code="ValidationError").startswith("Inference Component has no capacity")
    client.update_inference_component(**named, RuntimeConfig={"CopyCount": 2})
    assert settled(client, "changing")["RuntimeConfig"] == {"DesiredCopyCount": 2, "CurrentCopyCount": 2}
    assert ask("changing") == before

    client.update_inference_component(**named, Specification=OTHER)
    changed = settled(client, "changing")
    assert (changed["Specification"]["Container"]["ArtifactUrl"], changed["RuntimeConfig"]["CurrentCopyCount"]) == (
        "s3://models/other/model.tar.gz",
        2,
    )
    after = ask("changing")
    assert after > before + 50

    client.update_inference_component(**named, Specification={"ModelName": "broken", **NEEDS})
    back = settled(client, "changing")
    assert back["InferenceComponentStatus"] == "InService"
    assert "did not pass the ping health check" in back["FailureReason"]
    assert back["Specification"] == changed["Specification"] | {"Container": back["Specification"]["Container"]}
    assert ask("changing") == after

    assert "Either Specification or RuntimeConfig" in refused(client.update_inference_component, **named)
    unknown = {"InferenceComponentName": "nowhere", "RuntimeConfig": {"CopyCount": 1}}
    assert "Could not find inference component" in refused(client.update_inference_component, **unknown)
    delete(client, "changing")


def test_an_endpoint_keeps_the_place_of_its_components(client: Any) -> None:
    client.create_inference_component(**component("failed", {"ModelName": "broken", **NEEDS}))
    failed = settled(client, "failed")
    assert failed["InferenceComponentStatus"] == "Failed"
    assert "did not pass the ping health check" in failed["FailureReason"]
    more = {"InferenceComponentName": "failed", "RuntimeConfig": {"CopyCount": 1}}
    assert "in status Failed" in refused(client.update_inference_component, **more)
    assert refused(client.delete_endpoint, EndpointName="hosting") == (
        "Cannot delete endpoint with inference component associated. "
        "Please delete inference component and try it again."
    )
    for name in ("plain", "elsewhere"):
        if name == "elsewhere":
            client.create_endpoint_config(**config(place("there"), name=name, ExecutionRoleArn=ROLE))
        assert "inference component failed needs its variant here" in refused(
            client.update_endpoint, EndpointName="hosting", EndpointConfigName=name
        )
    delete(client, "failed")


def test_components_are_there_again_after_kill_9(tmp_path: Path) -> None:
    first = Service(tmp_path / "data")
    fill(first, tmp_path)
    client = first.client("sagemaker")
    client.create_inference_component(**component("kept", FUSED))
    settled(client, "kept")
    client.update_inference_component(
        InferenceComponentName="kept", Specification=OTHER, RuntimeConfig={"CopyCount": 2}
    )
    settled(client, "kept")
    client.create_inference_component(**component("failed", {"ModelName": "broken", **NEEDS}))
    settled(client, "failed")
    runtime = first.client("sagemaker-runtime")
    asked = {"EndpointName": "hosting", "InferenceComponentName": "kept", "Body": LINE, "ContentType": "text/csv"}
    answer = runtime.invoke_endpoint(**asked)["Body"].read()
    client.delete_model(ModelName="fused")
    client.update_inference_component(InferenceComponentName="kept", Specification={"ModelName": "broken", **NEEDS})
    client.create_inference_component(**component("made", OTHER))
    first.kill()

    second = Service(tmp_path / "data")
    try:
        client, runtime = second.client("sagemaker"), second.client("sagemaker-runtime")
        assert settled(client, "made")["InferenceComponentStatus"] == "InService"
        kept = settled(client, "kept")
        assert (kept["InferenceComponentStatus"], kept["RuntimeConfig"]["CurrentCopyCount"]) == ("InService", 2)
        assert "Container" in kept["Specification"]
        assert runtime.invoke_endpoint(**asked)["Body"].read() == answer
        assert settled(client, "failed")["InferenceComponentStatus"] == "Failed"
        delete(client, "kept", "failed", "made")
        client.delete_endpoint(EndpointName="hosting")
        client.get_waiter("endpoint_deleted").wait(EndpointName="hosting", WaiterConfig={"Delay": 1})
    finally:
        assert second.stop() == 0
