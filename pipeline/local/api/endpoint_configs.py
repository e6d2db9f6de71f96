"""Endpoint configurations: which models an endpoint serves, and how."""

from __future__ import annotations

from typing import Any

from pipeline.local import states
from pipeline.local.api.descriptions import Family
from pipeline.local.api.listing import register_list
from pipeline.local.api.models import FAMILY as MODELS
from pipeline.local.api.named import create, register_delete, register_describe
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.endpoints import hosts_components
from pipeline.local.errors import ValidationException

FAMILY = Family(states.ENDPOINT_CONFIG, "EndpointConfig", "endpoint configuration")

register_describe(FAMILY)
register_delete(FAMILY)
register_list("ListEndpointConfigs", FAMILY, "EndpointConfigs", descending=True)


@operation("CreateEndpointConfig")
def create_endpoint_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Every variant's model must be there; where none names a model, inference components bring theirs."""
    variants = [*request["ProductionVariants"], *request.get("ShadowProductionVariants", ())]
    for variant in variants:
        if "ModelName" in variant:
            MODELS.get(context, variant["ModelName"])
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise ValidationException(f"Variant names must be unique: {', '.join(names)}.")
    if hosts_components(request):
        _check_hosting(request)
    return {"EndpointConfigArn": create(context, FAMILY, request).arn}


def _check_hosting(request: dict[str, Any]) -> None:
    """Raises ValidationException for a config that inference components cannot be placed on."""
    variants = request["ProductionVariants"]
    with_model = [variant["VariantName"] for variant in variants if "ModelName" in variant]
    if with_model:
        raise ValidationException(f"Either all variants name a ModelName or none; {', '.join(with_model)} do.")
    if "ExecutionRoleArn" not in request:
        raise ValidationException("ExecutionRoleArn must be given where variants name no ModelName.")
    if any("ServerlessConfig" in variant for variant in variants):
        raise ValidationException("A variant with a ServerlessConfig must name a ModelName.")
