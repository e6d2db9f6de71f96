"""What the API does alike with models and endpoint configs: resources without a status."""

from __future__ import annotations

from typing import Any

from pipeline.local.api.descriptions import Family, select
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import ResourceInUse, ValidationException
from pipeline.local.store import Resource


def create(context: Context, family: Family, request: dict[str, Any]) -> Resource:
    """Puts a resource into the store; a name that is taken is refused in the words that clients look for."""
    name = request[family.name_member]
    arn = context.arn(family.kind, name)
    untagged = {member: value for member, value in request.items() if member != "Tags"}
    try:
        return context.store.create(family.kind, name, arn, untagged, tags=request.get("Tags", ()))
    except ResourceInUse as error:
        raise ValidationException(f'Cannot create already existing {family.words} "{arn}".') from error


def register_describe_and_delete(family: Family) -> None:
    """Registers the operations that need nothing but the name."""
    noun = family.noun

    @operation(f"Describe{noun}")
    def describe(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        resource = family.get(context, request[family.name_member])
        return select(family.describe(context, resource), f"Describe{noun}")

    @operation(f"Delete{noun}")
    def delete(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        resource = family.get(context, request[family.name_member])
        context.store.delete(family.kind, resource.name)
        return {}
