"""Tags of Glue's jobs, by their ARNs."""

from __future__ import annotations

from typing import Any

from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import EntityNotFoundException


@operation("GetTags", "glue")
def get_tags(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """All of them, by key."""
    tags = context.store.tags(_existing(context, request["ResourceArn"]))
    return {"Tags": {tag["Key"]: tag["Value"] for tag in tags}}


@operation("TagResource", "glue")
def tag_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds tags, or gives those that are there another value."""
    tags = [{"Key": key, "Value": value} for key, value in request["TagsToAdd"].items()]
    context.store.add_tags(_existing(context, request["ResourceArn"]), tags)
    return {}


@operation("UntagResource", "glue")
def untag_resource(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keys that are not there are no error."""
    context.store.delete_tags(_existing(context, request["ResourceArn"]), request["TagsToRemove"])
    return {}


def _existing(context: Context, arn: str) -> str:
    if context.store.find_arn(arn) is None:
        raise EntityNotFoundException(f"{arn} is not there")
    return arn
