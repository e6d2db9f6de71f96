"""What the API does alike with all kinds of jobs: create, describe, list, stop, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pipeline.local import states
from pipeline.local.api.descriptions import Family
from pipeline.local.api.listing import register_list
from pipeline.local.api.named import register_describe
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import ResourceInUse, ValidationException
from pipeline.local.jobs.kinds import JOB_KINDS
from pipeline.local.store import Resource

# Checks a request and returns the fields with which its job begins.
Prepare = Callable[[Context, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class JobFamily(Family):
    """A kind of job as the API sees it."""

    prepare: Prepare = field(kw_only=True)

    def create(self, context: Context, request: dict[str, Any], **extra: Any) -> str:
        """Creates and starts a job; returns its ARN. `extra` is in its description from the beginning.

        Raises ResourceInUse where the name is taken, ValidationException for what cannot be run.
        """
        name = request[self.name_member]
        arn = context.arn(self.kind, name)
        if context.store.find(self.kind, name) is not None:
            raise _taken(self.noun, arn)
        extra = {**self.prepare(context, request), **extra}
        tags = request.get("Tags", ())
        untagged = {member: value for member, value in request.items() if member != "Tags"}
        try:
            resource = context.store.create(self.kind, name, arn, untagged, extra=extra, tags=tags)
        except ResourceInUse as error:
            raise _taken(self.noun, arn) from error
        context.supervisor.submit(resource)
        return arn

    def get(self, context: Context, name: str) -> Resource:
        """The job; jobs that are not there have words of their own."""
        found = context.store.find(self.kind, name)
        if found is None:
            raise ValidationException(f"Could not find requested job with name: {name}")
        return found


def register_job(
    kind: str,
    prepare: Prepare,
    *,
    descending: bool,
    sort_by: str = "CreationTime",
    deletable: bool = True,
    more: Callable[[Context, Resource], dict[str, Any]] = lambda context, resource: {},
) -> JobFamily:
    """Registers the operations of one kind of job."""
    noun = JOB_KINDS[kind].noun
    family = JobFamily(kind, noun, "requested job", more, prepare=prepare)

    @operation(f"Create{noun}")
    def create(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        return {f"{noun}Arn": family.create(context, request)}

    register_describe(family)

    @operation(f"Stop{noun}")
    def stop(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        resource = family.get(context, request[family.name_member])
        if states.is_final(kind, resource.status):
            raise ValidationException(
                f"The request was rejected because the job is in status {resource.status}: {resource.arn}"
            )
        context.supervisor.stop_job(kind, resource.name)
        return {}

    if deletable:

        @operation(f"Delete{noun}")
        def delete(context: Context, request: dict[str, Any]) -> dict[str, Any]:
            resource = family.get(context, request[family.name_member])
            if not states.is_final(kind, resource.status):
                raise ResourceInUse(f"{resource.arn} is {resource.status}: stop it, or wait for its end")
            context.store.delete(kind, resource.name)
            return {}

    register_list(f"List{noun}s", family, f"{noun}Summaries", descending=descending, sort_by=sort_by)
    return family


def _taken(noun: str, arn: str) -> ResourceInUse:
    return ResourceInUse(
        f"{noun} names must be unique within an AWS account and region, and one with this name already exists ({arn})"
    )
