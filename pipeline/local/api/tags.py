"""Tags of any resource, by its ARN."""

from __future__ import annotations

from typing import Any

from pipeline.local.api.listing import page
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import ValidationException

_PAGE = 50


@operation("AddTags")
def add_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Answers all tags that the resource has then."""
    arn = _existing(context, request["ResourceArn"])
    context.store.add_tags(arn, request["Tags"])
    return {"Tags": context.store.tags(arn)}


@operation("ListTags")
def list_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Sorted by key."""
    arn = _existing(context, request["ResourceArn"])
    return page(context.store.tags(arn), {"MaxResults": _PAGE, **request}, "Tags", "Key")


@operation("DeleteTags")
def delete_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keys that are not there are no error."""
    context.store.delete_tags(_existing(context, request["ResourceArn"]), request["TagKeys"])
    return {}


def _existing(context: Context, arn: str) -> str:
    if context.store.find_arn(arn) is None:
        raise ValidationException(f"Could not find resource {arn}.")
    return arn
