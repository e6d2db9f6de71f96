"""List operations: filters, order and pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from pipeline.local.api.descriptions import Family, select
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.errors import ValidationException
from pipeline.local.store import Resource

_PAGE = 10  # SageMaker's default for MaxResults
_LATER, _EARLIER = "After", "Before"

Wanted = Callable[[dict[str, Any], Resource], bool]
Resolve = Callable[[Context, dict[str, Any]], dict[str, Any]]


def register_list(
    name: str,
    family: Family,
    member: str,
    *,
    descending: bool,
    sort_by: str = "CreationTime",
    wanted: Wanted = lambda request, resource: True,
    resolve: Resolve = lambda context, request: request,
) -> None:
    """Registers a List operation whose reply has its entries in `member`; `descending` and `sort_by` are its defaults.

    `wanted` filters by members that only this operation has; `resolve` says what a request means before, or refuses it.
    """

    def answer(context: Context, request: dict[str, Any]) -> dict[str, Any]:
        request = resolve(context, request)
        found = [
            resource
            for resource in context.store.all(family.kind)
            if _passes(request, resource) and wanted(request, resource)
        ]
        entries = [
            select(family.describe(context, resource), name, member)
            for resource in ordered(found, request, sort_by=sort_by, descending=descending)
        ]
        return page(entries, request, member, family.name_member)

    operation(name)(answer)


def ordered(
    resources: Sequence[Resource], request: dict[str, Any], *, sort_by: str, descending: bool
) -> list[Resource]:
    """The resources as SortBy and SortOrder ask; equal ones by name."""
    keys: dict[str, Callable[[Resource], Any]] = {
        "Name": lambda resource: resource.name,
        "CreationTime": lambda resource: resource.created,
        "Status": lambda resource: resource.status,
    }
    key = keys.get(request.get("SortBy", sort_by), keys["CreationTime"])
    order = request.get("SortOrder", "Descending" if descending else "Ascending")
    by_name = sorted(resources, key=lambda resource: resource.name)
    return sorted(by_name, key=key, reverse=order == "Descending")


def page(entries: Sequence[dict[str, Any]], request: dict[str, Any], member: str, key: str) -> dict[str, Any]:
    """One page; the token names its last entry, and where that one was, should it be gone by then."""
    start = 0
    if "NextToken" in request:
        last, position = _read_token(request["NextToken"])
        places = [at for at, entry in enumerate(entries) if entry.get(key) == last]
        start = places[0] + 1 if places else min(position, len(entries))
    shown = entries[start : start + request.get("MaxResults", _PAGE)]
    reply: dict[str, Any] = {member: list(shown)}
    end = start + len(shown)
    if shown and end < len(entries):
        token = json.dumps([shown[-1].get(key), end - 1])
        reply["NextToken"] = base64.urlsafe_b64encode(token.encode()).decode()
    return reply


def _read_token(token: str) -> tuple[Any, int]:
    try:
        last, position = json.loads(base64.urlsafe_b64decode(token))
        return last, int(position)
    except (ValueError, TypeError) as error:
        raise ValidationException(f"{token!r} is not a NextToken of this service") from error


def _passes(request: dict[str, Any], resource: Resource) -> bool:
    if request.get("NameContains", "").lower() not in resource.name.lower():
        return False
    if request.get("StatusEquals", resource.status) != resource.status:
        return False
    times = {"CreationTime": resource.created, "LastModifiedTime": resource.modified}
    return all(
        request.get(name + _LATER, time) <= time <= request.get(name + _EARLIER, time) for name, time in times.items()
    )
