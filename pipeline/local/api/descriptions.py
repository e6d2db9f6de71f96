"""What the API tells of a resource: its request, what became of it, and its common members."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local.api.shapes import reply_members
from pipeline.local.context import Context
from pipeline.local.errors import ValidationException
from pipeline.local.store import Resource


@dataclass(frozen=True)
class Family:
    """A kind of resource: `noun` begins the API's names (EndpointConfigName), `words` name it in messages.

    `more` adds members that are neither in the request nor kept in the store.
    """

    kind: str
    noun: str
    words: str
    more: Callable[[Context, Resource], dict[str, Any]] = lambda context, resource: {}

    @property
    def name_member(self) -> str:
        """The member that names a resource."""
        return f"{self.noun}Name"

    def get(self, context: Context, name: str) -> Resource:
        """The resource; raises ValidationException as SageMaker does where it is not there."""
        found = context.store.find(self.kind, name)
        if found is None:
            raise ValidationException.missing(self.words, context.arn(self.kind, name))
        return found

    def describe(self, context: Context, resource: Resource) -> dict[str, Any]:
        """All that is known of a resource, under the API's names."""
        described = {
            **resource.request,
            **resource.extra,
            f"{self.noun}Name": resource.name,
            f"{self.noun}Arn": resource.arn,
            "CreationTime": resource.created,
            "LastModifiedTime": resource.modified,
        }
        if resource.status:
            described[f"{self.noun}Status"] = resource.status
        return described | self.more(context, resource)


def select(described: Mapping[str, Any], operation: str, list_member: str | None = None) -> dict[str, Any]:
    """The members that an operation's reply, or an entry of a list in it, has; those without a value are left out."""
    members = reply_members(operation, list_member)
    return {name: value for name, value in described.items() if name in members and value is not None}
