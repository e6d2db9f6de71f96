"""Search, by members of a resource's description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.local.api.descriptions import Family
from pipeline.local.api.listing import page
from pipeline.local.api.model_packages import GROUPS, PACKAGES
from pipeline.local.api.registry import operation
from pipeline.local.api.shapes import result_members
from pipeline.local.api.training import FAMILY as TRAINING
from pipeline.local.api.tuning import FAMILY as TUNING
from pipeline.local.context import Context
from pipeline.local.errors import ValidationException

_FAMILIES: dict[str, Family] = {family.noun: family for family in (TRAINING, TUNING, PACKAGES, GROUPS)}

_OPERATORS: dict[str, Callable[[Any, str], bool]] = {
    "Equals": lambda found, value: str(found) == value,
    "NotEquals": lambda found, value: str(found) != value,
    "Contains": lambda found, value: value in str(found),
    "In": lambda found, value: str(found) in value.split(","),
    "GreaterThan": lambda found, value: _number(found) > _number(value),
    "GreaterThanOrEqualTo": lambda found, value: _number(found) >= _number(value),
    "LessThan": lambda found, value: _number(found) < _number(value),
    "LessThanOrEqualTo": lambda found, value: _number(found) <= _number(value),
}


@operation("Search")
def search(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Resources of one kind that pass the expression; raises ValidationException for kinds that are not kept here."""
    noun = request["Resource"]
    family = _FAMILIES.get(noun)
    if family is None:
        raise ValidationException(f"{noun} is not searched here; searched are {', '.join(_FAMILIES)}.")
    members = result_members(noun)
    found = []
    for resource in context.store.all(family.kind):
        tags = context.store.tags(resource.arn)
        described = {**family.describe(context, resource), "Tags": tags}
        if _passes(request.get("SearchExpression", {}), described):
            found.append({name: value for name, value in described.items() if name in members and value is not None})
    by = request.get("SortBy", "LastModifiedTime")
    found.sort(key=lambda entry: str(_value(entry, by) or ""), reverse=request.get("SortOrder") != "Ascending")
    shown = page(found, request, "Results", family.name_member)
    return {**shown, "Results": [{noun: entry} for entry in shown["Results"]]}


def _passes(expression: dict[str, Any], described: dict[str, Any]) -> bool:
    passed = [_holds(condition, described) for condition in expression.get("Filters", ())]
    passed += [_passes(inner, described) for inner in expression.get("SubExpressions", ())]
    if expression.get("NestedFilters"):
        raise ValidationException("NestedFilters are not supported here; write Filters.")
    return not passed or (any(passed) if expression.get("Operator") == "Or" else all(passed))


def _holds(condition: dict[str, Any], described: dict[str, Any]) -> bool:
    found = _value(described, condition["Name"])
    name = condition.get("Operator", "Equals")
    if name in {"Exists", "NotExists"}:
        return found is None if name == "NotExists" else found is not None
    return found is not None and _OPERATORS[name](found, condition.get("Value", ""))


def _value(described: dict[str, Any], path: str) -> Any:
    """The member at a path such as `InputDataConfig.ChannelName`, `Tags.owner` or `FinalMetricDataList`."""
    found: Any = described
    for part in path.split("."):
        if isinstance(found, list) and found and "Key" in found[0]:
            found = next((tag["Value"] for tag in found if tag["Key"] == part), None)
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return found


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")
