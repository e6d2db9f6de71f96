"""What the API does alike with resources that have a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.local.api.descriptions import Family, select
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import ResourceInUse, ValidationException
from pipeline.local.store import Resource

# The resource of a name; raises ValidationException where it is not there.
Find = Callable[[Context, str], Resource]


def create(context: Context, family: Family, request: dict[str, Any]) -> Resource:
    """Puts a resource into the store; a name that is taken is refused in the words that clients look for."""
    name = request[family.name_member]
    arn = context.arn(family.kind, name)
    untagged = {member: value for member, value in request.items() if member != "Tags"}
    try:
        return context.store.create(family.kind, name, arn, untagged, tags=request.get("Tags", ()))
    except ResourceInUse as error:
        raise ValidationException(f'Cannot create already existing {family.words} "{arn}".') from error


def register_describe(family: Family, find: Find | None = None) -> None:
    """Registers Describe*, which needs nothing but the name; `find` takes more than names."""
    noun = family.noun
    found = find or family.get

    @operation(f"Describe{noun}")
    def describe(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        resource = found(context, request[family.name_member])
        return select(family.describe(context, resource), f"Describe{noun}")


def register_delete(family: Family, find: Find | None = None) -> None:
    """Registers Delete* of what nothing else needs."""
    found = find or family.get

    @operation(f"Delete{family.noun}")
    def delete(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        resource = found(context, request[family.name_member])
        context.store.delete(family.kind, resource.name)
        return {}
