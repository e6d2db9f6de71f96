"""The JSON that MLeap wrote before 0.8, brought to the form that it has kept since."""

from __future__ import annotations

from typing import Any


def current_attributes(attributes: Any) -> Any:
    """The attributes of a `model.json` in today's form, {name: {kind: value}}; what is of no old form stays as it is.

    Up to 0.7 a value had its type beside it, {"type": "long", "value": 3}; up to 0.4 the attributes were a list of
    such values, each with its name.
    Source: ml.combust.bundle.json.JsonSupport of MLeap 0.4 and 0.7.
    """
    if attributes is None:
        return {}
    if isinstance(attributes, list) and all(isinstance(one, dict) and _named(one) for one in attributes):
        names = [one["name"] for one in attributes]
        if len(set(names)) == len(names):
            attributes = {one["name"]: one for one in attributes}
    if not isinstance(attributes, dict):
        return attributes
    return {name: _current(value) for name, value in attributes.items()}


def _named(value: Any) -> bool:
    return isinstance(value.get("name"), str) and "value" in value


def _current(value: Any) -> Any:
    if not isinstance(value, dict) or "value" not in value:
        return value
    kind, content = value.get("type"), value["value"]
    if isinstance(kind, str):
        return {kind: content}
    if isinstance(kind, dict) and kind.get("type") == "list" and isinstance(kind.get("base"), str):
        return {"type": "list", kind["base"]: content}
    return value
