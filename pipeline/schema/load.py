"""Schema files: JSON to contract, with the place of every mistake."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any, Dict, Union

from pipeline.errors import SchemaError
from pipeline.schema.contract import ROW_KEYS, Column, Schema

_KINDS: Dict[str, Any] = {
    "name": str,
    "type": str,
    "struct": str,
    "size": int,
    "nullable": bool,
    "label": bool,
    "ignore": bool,
    "classes": list,
    "description": str,
}
_KIND_NAMES = {str: "a text", int: "a whole number", bool: "true or false", list: "a list"}


def load_schema(path: Union[str, Path]) -> Schema:
    """Reads a schema file (JSON); errors name the file and the column."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaError(f"schema file {path} cannot be read: {error}") from error
    try:
        return parse_schema(text)
    except SchemaError as error:
        raise SchemaError(f"{path}: {error.message}", hint=error.hint) from error


def parse_schema(document: Union[str, bytes, Dict[str, Any]]) -> Schema:
    """Makes a contract of a schema document: {"name", "description", "columns": [{"name", "type", ...}]}."""
    if isinstance(document, (str, bytes)):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise SchemaError(f"not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("columns"), list):
        raise SchemaError('a schema is an object with the key "columns", a list')
    _known(document, ("$schema", "name", "description", "columns"), "schema")
    return Schema(
        columns=tuple(_column(entry, place) for place, entry in enumerate(document["columns"], start=1)),
        name=document.get("name", ""),
        description=document.get("description", ""),
    )


def _column(entry: Any, place: int) -> Column:
    if not isinstance(entry, dict):
        raise SchemaError(f"column {place} is not an object")
    where = f"column {entry['name']!r}" if "name" in entry else f"column {place}"
    _known(entry, ROW_KEYS, where)
    for key in ("name", "type"):
        if key not in entry:
            raise SchemaError(f"{where}: the key {key!r} is missing")
    for key, value in entry.items():
        kind = _KINDS[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise SchemaError(f"{where}: {key} must be {_KIND_NAMES[kind]}, found {value!r}")
    fields = dict(entry)
    if "classes" in fields:
        if not all(isinstance(name, str) for name in fields["classes"]):
            raise SchemaError(f"{where}: classes are texts, found {fields['classes']!r}")
        fields["classes"] = tuple(fields["classes"])
    return Column(**fields)


def _known(document: Dict[str, Any], allowed: Any, where: str) -> None:
    for key in document:
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, n=1)
            raise SchemaError(
                f"{where}: key {key!r} is not known; allowed: {', '.join(allowed)}",
                hint=f"did you mean {near[0]!r}?" if near else None,
            )
