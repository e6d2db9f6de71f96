"""Models: one container, or several in a row."""

from __future__ import annotations

from typing import Any

from pipeline.local import states
from pipeline.local.api.descriptions import Family
from pipeline.local.api.listing import register_list
from pipeline.local.api.model_packages import PACKAGES, find
from pipeline.local.api.named import create, register_delete, register_describe
from pipeline.local.api.registry import operation
from pipeline.local.api.shapes import reply_members
from pipeline.local.context import Context
from pipeline.local.errors import ValidationException

FAMILY = Family(states.MODEL, "Model", "model")

register_describe(FAMILY)
register_delete(FAMILY)
register_list("ListModels", FAMILY, "Models", descending=True)


@operation("CreateModel")
def create_model(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Every container's image must be known here; a model package stands for its containers."""
    primary, containers = request.get("PrimaryContainer"), request.get("Containers")
    if (primary is None) == (not containers):
        raise ValidationException("Exactly one of PrimaryContainer and Containers must be given.")
    resolved = [each for container in containers or [primary] for each in _resolve(context, container)]
    for container in resolved:
        context.images.resolve(container["Image"], "inference")
    named = {name: value for name, value in request.items() if name not in {"PrimaryContainer", "Containers"}}
    layout = {"PrimaryContainer": resolved[0]} if primary and len(resolved) == 1 else {"Containers": resolved}
    return {"ModelArn": create(context, FAMILY, {**named, **layout}).arn}


def _resolve(context: Context, container: dict[str, Any]) -> list[dict[str, Any]]:
    """A container's definition, or those that its model package has."""
    image, name = container.get("Image"), container.get("ModelPackageName")
    if (image is None) == (name is None):
        raise ValidationException("A container needs either an Image or a ModelPackageName.")
    if name is None:
        return [container]
    package = find(context, name, family=PACKAGES)
    specification = package.request.get("InferenceSpecification")
    if specification is None:
        raise ValidationException(f"The model package {package.arn} has no InferenceSpecification.")
    members = reply_members("DescribeModel", "Containers")
    return [
        {**{member: value for member, value in each.items() if member in members}, **container}
        for each in specification["Containers"]
    ]
