"""What two bundles do differently, node by node."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, List

from pipeline.bundle.reader import Bundle
from pipeline.operators.base import Node

_SHOWN = 60


@dataclass(frozen=True)
class Change:
    """One difference: the node, what of it, and what each side has; None where a side has nothing."""

    node: str
    what: str
    left: Any
    right: Any


def diff(left: Bundle, right: Bundle) -> List[Change]:
    """The differences in meaning of two bundles, nodes told by their names; none for bundles that score alike.

    Written form, version and uid do not count; the order of nodes does.
    """
    ours, theirs = {node.name: node for node in left.nodes}, {node.name: node for node in right.nodes}
    changes = []
    for name, node in ours.items():
        if name not in theirs:
            changes.append(Change(name, "node", node.operator.op, None))
        else:
            changes += _of_node(node, theirs[name])
    changes += [Change(name, "node", None, node.operator.op) for name, node in theirs.items() if name not in ours]
    orders = [name for name in ours if name in theirs], [name for name in theirs if name in ours]
    if orders[0] != orders[1]:
        changes.append(Change("", "order", ", ".join(orders[0]), ", ".join(orders[1])))
    return changes


def _of_node(left: Node, right: Node) -> List[Change]:
    one, other = _parts(left), _parts(right)
    return [
        Change(left.name, what, one.get(what), other.get(what))
        for what in {**one, **other}
        if one.get(what) != other.get(what)
    ]


def _parts(node: Node) -> Dict[str, Any]:
    """All that a node's meaning is made of, by what a reader would call it."""
    parts: Dict[str, Any] = {"operator": node.operator.op}
    for place, columns in (("input", node.shape.inputs), ("output", node.shape.outputs)):
        parts.update({f"{place} {port}": column for port, column in columns.items()})
    parts.update({name: json.dumps(value, ensure_ascii=False) for name, value in node.operator.attributes().items()})
    parts.update(node.operator.files())
    return parts


def shown(value: Any) -> str:
    """A side of a change as people read it, cut where it is long."""
    if value is None:
        return "-"
    text = f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
