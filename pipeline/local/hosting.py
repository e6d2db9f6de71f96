"""Endpoints between the store, which knows their resources, and the processes that serve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.local import states
from pipeline.local.components import Components
from pipeline.local.endpoints.endpoints import Endpoints
from pipeline.local.endpoints.invocation import INFERENCE_COMPONENT
from pipeline.local.endpoints.replies import Errors, Reply
from pipeline.local.errors import ValidationException
from pipeline.local.images import Images
from pipeline.local.logs import Logs
from pipeline.local.objects import Objects
from pipeline.local.serving_logs import ServingLogs
from pipeline.local.store import Resource, Store

_KIND = states.ENDPOINT
# Source: SageMaker, VariantProperty, which calls the third, DataCaptureConfig, not supported: it is the new config's.
_RETAINED = ("DesiredWeight", "DesiredInstanceCount")


class Hosting:
    """What serves endpoints, as the API sees it.

    An endpoint's `extra` holds what it serves, `Served`, and what an update is bringing up, `Pending`: the requests of
    its config and models, so that it comes back after a restart even where those have been deleted since. After a
    restart an endpoint that was InService is SystemUpdating until its processes are up again; an update that was under
    way is rolled back.
    """

    def __init__(
        self,
        store: Store,
        objects: Objects,
        logs: Logs,
        *,
        folder: Path,
        environment: Callable[[], dict[str, str]],
        images: Images,
        components: Components,
    ) -> None:
        self._store, self._components = store, components
        self._logs = ServingLogs(logs, Errors.group)
        self._endpoints = Endpoints(
            objects, folder, environment=environment(), log=self._logs.write, on_change=self._on_change, images=images
        )

    def start(self) -> None:
        """Brings back the endpoints that the store has."""
        for resource in self._store.all(_KIND):
            if resource.status == "Failed":
                continue
            if resource.status == "Deleting":
                self._store.delete(_KIND, resource.name)
                continue
            if resource.status == "InService":
                self._store.transition(_KIND, resource.name, "SystemUpdating")
            elif "Served" not in resource.extra:
                # The service was killed before it had begun to serve it.
                self.create(resource)
                continue
            elif resource.status in {"Updating", "SystemUpdating"}:
                self._store.transition(_KIND, resource.name, "RollingBack", Pending=None)
            self._serve(resource)

    def stop(self) -> None:
        """Ends every serving process."""
        self._endpoints.stop()
        self._logs.close()

    def create(self, resource: Resource) -> None:
        """Serves an endpoint that is Creating: then InService, or Failed with its FailureReason."""
        served = self._snapshot(resource.request["EndpointConfigName"])
        self._serve(self._store.update(_KIND, resource.name, Served=served))

    def update(self, name: str, request: Mapping[str, Any]) -> None:
        """UpdateEndpoint: the endpoint is Updating, and serves its old config until the new one is healthy."""
        excluded = {entry["VariantPropertyType"] for entry in request.get("ExcludeRetainedVariantProperties", ())}
        retain = [one for one in _RETAINED if one not in excluded] if request.get("RetainAllVariantProperties") else []
        kept = {variant["VariantName"]: _kept(variant, retain) for variant in self._endpoints.variants(name)}
        pending = _weighted(self._snapshot(request["EndpointConfigName"]), kept)
        deployment = request.get("DeploymentConfig")
        if deployment is not None or not request.get("RetainDeploymentConfig"):
            self._store.update(_KIND, name, LastDeploymentConfig=deployment)
        self._store.update(_KIND, name, Pending=pending)
        self._endpoints.update(name, pending["config"], pending["models"])

    def update_weights(self, name: str, request: Mapping[str, Any]) -> None:
        """UpdateEndpointWeightsAndCapacities: kept for the next start as well. Raises ValidationException."""
        resource = self._store.find(_KIND, name)
        assert resource is not None  # noqa: S101 - the API has just put it into Updating
        desired = {entry["VariantName"]: entry for entry in request["DesiredWeightsAndCapacities"]}
        self._store.update(_KIND, name, Pending=_weighted(resource.extra["Served"], desired))
        try:
            self._endpoints.set_weights(name, request["DesiredWeightsAndCapacities"])
        except ValidationException:
            self._store.transition(_KIND, name, "InService", Pending=None)
            raise

    def delete(self, name: str) -> None:
        """The endpoint is Deleting, and leaves the store when its processes have ended."""
        try:
            self._endpoints.delete(name)
        except ValidationException:
            # It had failed before the service was started again: nothing serves it.
            self._store.delete(_KIND, name)

    def describe(self, resource: Resource) -> dict[str, Any]:
        """What DescribeEndpoint shows besides the resource."""
        served, pending = resource.extra.get("Served"), resource.extra.get("Pending")
        described: dict[str, Any] = {
            "EndpointConfigName": served["config"]["EndpointConfigName"] if served else None,
            "DataCaptureConfig": _capture(served["config"]) if served else None,
        }
        if resource.status in {"InService", "Updating", "SystemUpdating", "RollingBack"}:
            described["ProductionVariants"] = self._endpoints.variants(resource.name) or None
        if pending and resource.status == "Updating":
            deployed = pending["config"]["EndpointConfigName"]
            # Other weights and counts of the same config are no deployment.
            if deployed != described["EndpointConfigName"]:
                described["PendingDeploymentSummary"] = {"EndpointConfigName": deployed}
        return described

    async def invoke(self, name: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """InvokeEndpoint; header names are in lower case."""
        component = headers.get(INFERENCE_COMPONENT)
        if component is not None and self._endpoints.hosts_components(name):
            return await self._components.invoke(name, component, body, headers)
        return await self._endpoints.invoke(name, body, headers)

    def _serve(self, resource: Resource) -> None:
        served = resource.extra["Served"]
        self._endpoints.create(resource.name, served["config"], served["models"])

    def _snapshot(self, config_name: str) -> dict[str, Any]:
        """The requests of a config and its models, as they are now; what is missing is told when it is deployed."""
        config = self._store.find(states.ENDPOINT_CONFIG, config_name)
        request = config.request if config is not None else {"ProductionVariants": []}
        models = {}
        for variant in request["ProductionVariants"]:
            model = self._store.find(states.MODEL, variant.get("ModelName", ""))
            if model is not None:
                models[model.name] = model.request
        return {"config": request, "models": models}

    def _on_change(self, name: str, status: str, *, config: str | None, reason: str | None) -> None:
        resource = self._store.find(_KIND, name)
        if resource is None:
            return
        if status == "Deleted":
            self._store.delete(_KIND, name)
            return
        fields: dict[str, Any] = {"FailureReason": reason}
        pending = resource.extra.get("Pending")
        if status == "InService":
            fields["Pending"] = None
            if pending and reason is None:
                fields["Served"] = pending
        # An endpoint that is being deleted stays Deleting, whatever comes to its end meanwhile.
        if resource.status != "Deleting":
            self._store.transition(_KIND, name, status, **fields)


def _weighted(served: Mapping[str, Any], desired: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is served with other weights and counts."""
    variants = []
    for variant in served["config"]["ProductionVariants"]:
        entry = desired.get(variant["VariantName"], {})
        changed = {
            "InitialVariantWeight": entry.get("DesiredWeight"),
            "InitialInstanceCount": None if "ServerlessConfig" in variant else entry.get("DesiredInstanceCount"),
        }
        variants.append({**variant, **{name: value for name, value in changed.items() if value is not None}})
    return {**served, "config": {**served["config"], "ProductionVariants": variants}}


def _kept(variant: Mapping[str, Any], retain: Sequence[str]) -> dict[str, Any]:
    """What a variant that serves hands on to its successor."""
    now = {"DesiredWeight": variant.get("CurrentWeight"), "DesiredInstanceCount": variant.get("CurrentInstanceCount")}
    return {name: value for name, value in now.items() if name in retain}


def _capture(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """An endpoint config's data capture as DescribeEndpoint sums it up."""
    given = config.get("DataCaptureConfig")
    if given is None:
        return None
    return {
        "EnableCapture": given.get("EnableCapture", True),
        "CaptureStatus": "Started" if given.get("EnableCapture", True) else "Stopped",
        "CurrentSamplingPercentage": given["InitialSamplingPercentage"],
        "DestinationS3Uri": given["DestinationS3Uri"],
        "KmsKeyId": given.get("KmsKeyId", ""),
    }
