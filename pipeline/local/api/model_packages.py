"""The model registry: groups, and versions of a model in them."""

from __future__ import annotations

from functools import partial
from typing import Any

from pipeline.local import states
from pipeline.local.api.descriptions import Family
from pipeline.local.api.listing import register_list
from pipeline.local.api.named import create, register_delete, register_describe
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import ConflictException, ValidationException
from pipeline.local.store import Resource

GROUPS = Family(
    states.MODEL_PACKAGE_GROUP,
    "ModelPackageGroup",
    "model package group",
    lambda context, resource: {"CreatedBy": {}, "ModelPackageGroupStatus": "Completed"},
)


def _version(context: Context, resource: Resource) -> dict[str, Any]:
    """A version is named by its group and number."""
    details = [{"Name": resource.name.rpartition("/")[2], "Status": "NotStarted"}]
    return {
        "ModelPackageName": resource.name.partition("/")[0],
        "ModelPackageStatusDetails": {"ValidationStatuses": details if "/" not in resource.name else []},
    }


PACKAGES = Family(states.MODEL_PACKAGE, "ModelPackage", "model package", _version)


def find(context: Context, name: str, *, family: Family) -> Resource:
    """A group or package by name or ARN; raises ValidationException, in AWS's words for them, where it is not there."""
    known = context.store.find_arn(name) if name.startswith("arn:") else None
    short = name.partition(f":{family.kind}/")[2] or name
    if (resource := known or context.store.find(family.kind, short)) is None:
        raise ValidationException(f"{family.noun} {context.arn(family.kind, short)} does not exist.")
    return resource


for family in (GROUPS, PACKAGES):
    register_describe(family, partial(find, family=family))
# The number of a deleted version is not given again.
register_delete(PACKAGES, partial(find, family=PACKAGES))
register_list("ListModelPackageGroups", GROUPS, "ModelPackageGroupSummaryList", descending=False)


def _wanted(request: dict[str, Any], resource: Resource) -> bool:
    group = resource.name.rpartition("/")[0] or None
    approval = resource.extra.get("ModelApprovalStatus")
    kind = request.get("ModelPackageType", "Both" if "ModelPackageGroupName" in request else "Unversioned")
    return (
        (request.get("ModelPackageGroupName") in {None, group})
        and request.get("ModelApprovalStatus") in {None, approval}
        and (kind == "Both" or (kind == "Versioned") == (group is not None))
    )


def _by_name(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The request with the name of its group, which must be there."""
    if "ModelPackageGroupName" not in request:
        return request
    return {**request, "ModelPackageGroupName": find(context, request["ModelPackageGroupName"], family=GROUPS).name}


register_list(
    "ListModelPackages",
    PACKAGES,
    "ModelPackageSummaryList",
    descending=False,
    wanted=_wanted,
    resolve=_by_name,
)


@operation("CreateModelPackageGroup")
def create_group(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An empty group; a name that is taken is refused in AWS's words, which are others than elsewhere."""
    name = request[GROUPS.name_member]
    if any(group.name == name for group in context.store.all(GROUPS.kind)):
        raise ValidationException(f"Model Package Group already exists: {context.arn(GROUPS.kind, name)}")
    return {"ModelPackageGroupArn": create(context, GROUPS, request).arn}


@operation("DeleteModelPackageGroup")
def delete_group(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Only an empty group can go."""
    resource = find(context, request["ModelPackageGroupName"], family=GROUPS)
    if _versions(context, resource.name):
        raise ConflictException(f"{resource.arn} still has model packages: delete them first")
    context.store.delete(resource.kind, resource.name)
    return {}


@operation("CreateModelPackage")
def create_package(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The next version of a group, or a package with a name of its own; Completed, as nothing has to be validated.

    A request that is sent again, by its ClientToken, is answered with what it has made.
    """
    if (token := request.get("ClientToken")) is not None:
        again = (one for one in context.store.all(PACKAGES.kind) if one.request.get("ClientToken") == token)
        if (made := next(again, None)) is not None:
            return {"ModelPackageArn": made.arn}
    group, name = request.get("ModelPackageGroupName"), request.get("ModelPackageName")
    if (group is None) == (name is None):
        raise ValidationException("Exactly one of ModelPackageName and ModelPackageGroupName must be given.")
    extra: dict[str, Any] = {}
    if group is not None:
        found = find(context, group, family=GROUPS)
        extra["ModelPackageVersion"] = found.extra.get("LastVersion", 0) + 1
        extra["ModelPackageGroupName"] = found.name
        context.store.update(found.kind, found.name, LastVersion=extra["ModelPackageVersion"])
        name = f"{found.name}/{extra['ModelPackageVersion']}"
        extra["ModelApprovalStatus"] = request.get("ModelApprovalStatus", "PendingManualApproval")
    resource = create(context, PACKAGES, {**request, "ModelPackageName": name})
    context.store.transition(resource.kind, resource.name, "Completed", **extra)
    return {"ModelPackageArn": resource.arn}


@operation("UpdateModelPackage")
def update_package(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Approval and metadata may change; the model may not."""
    resource = find(context, request["ModelPackageArn"], family=PACKAGES)
    changed = {member: value for member, value in request.items() if member != "ModelPackageArn"}
    properties = {
        **resource.extra.get("CustomerMetadataProperties", resource.request.get("CustomerMetadataProperties", {})),
        **changed.pop("CustomerMetadataProperties", {}),
    }
    for name in changed.pop("CustomerMetadataPropertiesToRemove", ()):
        properties.pop(name, None)
    if properties:
        changed["CustomerMetadataProperties"] = properties
    context.store.update(resource.kind, resource.name, **changed)
    return {"ModelPackageArn": resource.arn}


def _versions(context: Context, group: str) -> list[Resource]:
    packages = context.store.all(states.MODEL_PACKAGE)
    return [package for package in packages if package.name.startswith(f"{group}/")]
