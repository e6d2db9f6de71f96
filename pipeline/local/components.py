"""Inference components between the store, which knows their resources, and the processes that serve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.local import states
from pipeline.local.endpoints.endpoints import Endpoints
from pipeline.local.endpoints.invocation import INFERENCE_COMPONENT
from pipeline.local.endpoints.replies import ComponentErrors, Reply
from pipeline.local.errors import ValidationException
from pipeline.local.images import Images
from pipeline.local.logs import Logs
from pipeline.local.objects import Objects
from pipeline.local.serving_logs import ServingLogs
from pipeline.local.store import Resource, Store

_KIND = states.INFERENCE_COMPONENT


class Components:
    """What serves inference components, as the API sees it: a fleet of one variant each, its copies the instances.

    A component's `extra` holds what it serves, `Served`, and what an update is bringing up, `Pending`: `specification`,
    `copies` and the `model` as CreateModel has it. After a restart a component that was InService is Updating until its
    copies are up again; an update that was under way is rolled back.
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
    ) -> None:
        self._store, self._errors = store, ComponentErrors()
        self._logs = ServingLogs(logs, ComponentErrors.group)
        # Where each is: an invocation asks nothing of the store.
        self._endpoint_of: dict[str, str] = {}
        self._fleets = Endpoints(
            objects,
            folder,
            environment=environment(),
            log=self._logs.write,
            on_change=self._on_change,
            images=images,
            errors=self._errors,
        )

    def start(self) -> None:
        """Brings back the components that the store has."""
        for resource in self._store.all(_KIND):
            if resource.status == "Deleting":
                self._store.delete(_KIND, resource.name)
            elif "Served" not in resource.extra:
                # The service was killed before it had begun to serve it.
                self.create(resource)
            elif resource.status != "Failed":
                if resource.status == "InService":
                    self._store.transition(_KIND, resource.name, "Updating")
                self._serve(self._store.update(_KIND, resource.name, Pending=None))

    def stop(self) -> None:
        """Ends every serving process."""
        self._fleets.stop()
        self._logs.close()

    def create(self, resource: Resource) -> None:
        """Serves a component that is Creating: then InService, or Failed with its FailureReason."""
        request = resource.request
        served = self._snapshot(resource.name, request["Specification"], request["RuntimeConfig"]["CopyCount"])
        self._serve(self._store.update(_KIND, resource.name, Served=served))

    def update(self, resource: Resource, specification: Mapping[str, Any], copies: int) -> None:
        """Another specification for one that is Updating: new copies first, then the switch, then the old ones' end."""
        pending = self._snapshot(resource.name, specification, copies)
        self._store.update(_KIND, resource.name, Pending=pending)
        self._fleets.update(resource.name, *_deployment(resource, pending))

    def resize(self, resource: Resource, copies: int) -> None:
        """Another number of copies for one that is Updating."""
        self._store.update(_KIND, resource.name, Pending={**resource.extra["Served"], "copies": copies})
        desired = {"VariantName": resource.request["VariantName"], "DesiredInstanceCount": copies}
        self._fleets.set_weights(resource.name, [desired])

    def delete(self, name: str) -> None:
        """The component is Deleting, and leaves the store when its processes have ended."""
        try:
            self._fleets.delete(name)
        except ValidationException:
            # It had failed before the service was started again: nothing serves it.
            self._forget(name)

    def on(self, endpoint: str) -> list[Resource]:
        """The components of an endpoint, the oldest first."""
        return [one for one in self._store.all(_KIND) if one.request["EndpointName"] == endpoint]

    def copies(self, name: str) -> int:
        """How many copies serve now."""
        try:
            variants = self._fleets.variants(name)
        except ValidationException:
            return 0
        return sum(variant["CurrentInstanceCount"] for variant in variants)

    async def invoke(self, endpoint: str, name: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """InvokeEndpoint with the header that names a component; header names are in lower case."""
        if self._endpoint_of.get(name) != endpoint:
            return self._errors.no_component(name, endpoint)
        others = {header: value for header, value in headers.items() if header != INFERENCE_COMPONENT}
        return await self._fleets.invoke(name, body, others)

    def _serve(self, resource: Resource) -> None:
        self._endpoint_of[resource.name] = resource.request["EndpointName"]
        self._fleets.create(resource.name, *_deployment(resource, resource.extra["Served"]))

    def _snapshot(self, name: str, specification: Mapping[str, Any], copies: int) -> dict[str, Any]:
        """What is to be served, with the model as it is now, so that it comes back where that is deleted."""
        if "ModelName" in specification:
            found = self._store.find(states.MODEL, specification["ModelName"])
            model = {} if found is None else found.request
        else:
            container = specification["Container"]
            archive = {"ModelDataUrl": container["ArtifactUrl"]} if "ArtifactUrl" in container else {}
            definition = {"Image": container["Image"], "Environment": container.get("Environment", {}), **archive}
            model = {"ModelName": name, "PrimaryContainer": definition}
        return {"specification": specification, "copies": copies, "model": model}

    def _on_change(self, name: str, status: str, *, config: str | None, reason: str | None) -> None:
        resource = self._store.find(_KIND, name)
        if status == "Deleted":
            self._forget(name)
        # A component has no RollingBack: it is Updating until it is InService as it was.
        elif resource is not None and status != "RollingBack" and resource.status != "Deleting":
            fields: dict[str, Any] = {"FailureReason": reason}
            if status == "InService":
                fields["Pending"] = None
                if reason is None:
                    fields["Served"] = resource.extra.get("Pending") or resource.extra["Served"]
            self._store.transition(_KIND, name, status, **fields)

    def _forget(self, name: str) -> None:
        self._endpoint_of.pop(name, None)
        self._store.delete(_KIND, name)


def _deployment(resource: Resource, served: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A component as what `Endpoints` serves: an endpoint config of one variant, and its model by name."""
    model = served["model"]
    variant = {
        "VariantName": resource.request["VariantName"],
        "ModelName": model.get("ModelName", served["specification"].get("ModelName")),
        "InitialInstanceCount": served["copies"],
        **served["specification"].get("StartupParameters", {}),
    }
    models = {variant["ModelName"]: model} if model else {}
    return {"EndpointConfigName": resource.name, "ProductionVariants": [variant]}, models
