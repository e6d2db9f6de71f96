"""Endpoints: their resources; what serves them is context.hosting."""

from __future__ import annotations

from typing import Any

from pipeline.local import states
from pipeline.local.api.descriptions import Family
from pipeline.local.api.endpoint_configs import FAMILY as CONFIGS
from pipeline.local.api.listing import register_list
from pipeline.local.api.named import create, register_describe
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import ValidationException
from pipeline.local.store import Resource

FAMILY = Family(states.ENDPOINT, "Endpoint", "endpoint", lambda context, resource: context.hosting.describe(resource))

register_describe(FAMILY)
register_list("ListEndpoints", FAMILY, "Endpoints", descending=True)


@operation("CreateEndpoint")
def create_endpoint(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The endpoint is Creating; the runtime says when it is InService."""
    CONFIGS.get(context, request["EndpointConfigName"])
    resource = create(context, FAMILY, request)
    context.hosting.create(resource)
    return {"EndpointArn": resource.arn}


@operation("UpdateEndpoint")
def update_endpoint(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The endpoint is Updating: the runtime brings the new config up beside the old one."""
    resource = FAMILY.get(context, request["EndpointName"])
    _check_components(context, resource, CONFIGS.get(context, request["EndpointConfigName"]))
    _begin_update(context, resource)
    context.hosting.update(resource.name, request)
    return {"EndpointArn": resource.arn}


@operation("UpdateEndpointWeightsAndCapacities")
def update_weights(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Other weights and counts for variants that serve."""
    resource = FAMILY.get(context, request["EndpointName"])
    _begin_update(context, resource)
    context.hosting.update_weights(resource.name, request)
    return {"EndpointArn": resource.arn}


@operation("DeleteEndpoint")
def delete_endpoint(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The endpoint is Deleting, and gone when its processes are; one with inference components is refused."""
    resource = FAMILY.get(context, request["EndpointName"])
    if context.components.on(resource.name):
        raise ValidationException(
            "Cannot delete endpoint with inference component associated. "
            "Please delete inference component and try it again."
        )
    if resource.status != "Deleting":
        context.store.transition(states.ENDPOINT, resource.name, "Deleting")
        context.hosting.delete(resource.name)
    return {}


def _check_components(context: Context, endpoint: Resource, config: Resource) -> None:
    """Raises ValidationException for a config that leaves an endpoint's inference components without a place."""
    free = {entry["VariantName"] for entry in config.request["ProductionVariants"] if "ModelName" not in entry}
    for component in context.components.on(endpoint.name):
        if component.request["VariantName"] not in free:
            raise ValidationException(
                f'Cannot update endpoint "{endpoint.arn}": inference component {component.name} needs its variant '
                f"{component.request['VariantName']}, without a ModelName."
            )


def _begin_update(context: Context, resource: Resource) -> None:
    if "Updating" not in states.TRANSITIONS[states.ENDPOINT][resource.status]:
        in_progress = resource.status in {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}
        what = "in-progress endpoint" if in_progress else f"endpoint in status {resource.status}"
        raise ValidationException(f'Cannot update {what} "{resource.arn}".')
    context.store.transition(states.ENDPOINT, resource.name, "Updating")
