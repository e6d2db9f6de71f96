"""A document whose parts know their lines, so that they may be moved and merged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.config.reading import Lines, Place


@dataclass(frozen=True)
class Node:
    """A mapping or a list of nodes, or any other value, and the line of its key."""

    value: Any
    line: int

    def get(self, key: str) -> Node | None:
        """What a mapping has under a key; None where it has nothing, or is no mapping."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def entries(self, key: str) -> list[Node]:
        """The list under a key, if there is one."""
        found = self.get(key)
        return found.value if found is not None and isinstance(found.value, list) else []

    def having(self, changes: Mapping[str, Node]) -> Node:
        """The mapping with these keys as well, or in their place."""
        return Node({**self.value, **changes}, self.line)

    def without(self, *keys: str) -> Node:
        """The mapping without these keys."""
        return Node({key: node for key, node in self.value.items() if key not in keys}, self.line)


def to_node(value: Any, lines: Lines, place: Place = ()) -> Node:
    """The document as a node."""
    line = lines.get(place, 1)
    if isinstance(value, dict):
        return Node({key: to_node(part, lines, (*place, str(key))) for key, part in value.items()}, line)
    if isinstance(value, list):
        return Node([to_node(part, lines, (*place, str(at))) for at, part in enumerate(value)], line)
    return Node(value, line)


def from_node(node: Node, lines: Lines, place: Place = ()) -> Any:
    """The document that a node is; adds its lines to `lines`."""
    if place:
        lines[place] = node.line
    if isinstance(node.value, dict):
        return {key: from_node(part, lines, (*place, str(key))) for key, part in node.value.items()}
    if isinstance(node.value, list):
        return [from_node(part, lines, (*place, str(at))) for at, part in enumerate(node.value)]
    return node.value


def merged(own: Node, defaults: Node | None) -> Node:
    """A mapping with what only its defaults say; mappings in both are merged likewise."""
    if defaults is None or not (isinstance(own.value, dict) and isinstance(defaults.value, dict)):
        return own
    both = {
        key: merged(own.value[key], default) if key in own.value else default for key, default in defaults.value.items()
    }
    return own.having(both)
