"""Placeholders such as {{name}}, replaced by the section `variables` and a task's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from pipeline.liminal.nodes import Node, merged

_PLACEHOLDER = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
# Variables may be made of variables; so deep at most, for they may name each other.
_DEPTH = 20


@dataclass(frozen=True)
class _Known:
    """The variables by name, and where complaints belong."""

    path: Path
    values: Mapping[str, Node] = field(default_factory=dict)

    def replace(self, node: Node, depth: int = 0) -> Node:
        value = node.value
        if isinstance(value, dict):
            return Node({key: self.replace(part) for key, part in value.items()}, node.line)
        if isinstance(value, list):
            return Node([self.replace(part) for part in value], node.line)
        if not isinstance(value, str) or "{{" not in value:
            return node
        return Node(_PLACEHOLDER.sub(lambda found: self._text(found, node.line, depth), value), node.line)

    def _text(self, found: re.Match[str], line: int, depth: int) -> str:
        variable = self.values.get(found[1])
        if variable is None or isinstance(variable.value, dict | list):
            raise ConfigError(
                f"{self.path}, line {line}: {found[0]}: there is no variable {found[1]!r}",
                hint="name it in the section variables; Airflow's own variables and macros are not known here",
            )
        if depth > _DEPTH:
            raise ConfigError(f"{self.path}, line {line}: {found[0]}: this variable is made of itself")
        return str(self.replace(variable, depth + 1).value)


def with_variables(file: Node, path: Path) -> Node:
    """The file without placeholders and sections of variables. Raises ConfigError for a name that is nowhere."""
    section = file.get("variables") or Node({}, file.line)
    if not isinstance(section.value, dict):
        raise ConfigError(f"{path}, line {section.line}: variables: expected a mapping of names to values")
    known = _Known(path, section.value)
    rest = file.without("variables")
    changes = {key: known.replace(part) for key, part in rest.value.items() if key != "pipelines"}
    if "pipelines" in rest.value:
        entries = [_pipeline(entry, known, section) for entry in rest.entries("pipelines")]
        changes["pipelines"] = Node(entries or rest.value["pipelines"].value, rest.value["pipelines"].line)
    return rest.having(changes)


def _pipeline(pipeline: Node, known: _Known, section: Node) -> Node:
    if not isinstance(pipeline.value, dict):
        return pipeline
    changes = {key: known.replace(part) for key, part in pipeline.value.items() if key != "tasks"}
    if "tasks" in pipeline.value:
        entries = [_task(entry, known, section) for entry in pipeline.entries("tasks")]
        changes["tasks"] = Node(entries or pipeline.value["tasks"].value, pipeline.value["tasks"].line)
    return pipeline.having(changes)


def _task(task: Node, known: _Known, section: Node) -> Node:
    own = task.get("variables")
    if own is None:
        return known.replace(task)
    # A name instead of a mapping is that of a mapping in the section.
    found = section.get(own.value) if isinstance(own.value, str) else own
    if found is None or not isinstance(found.value, dict):
        raise ConfigError(f"{known.path}, line {own.line}: variables: there is no mapping {_quoted(own.value)}")
    return _Known(known.path, merged(found, section).value).replace(task.without("variables"))


def _quoted(value: Any) -> str:
    return repr(value)[:80]
