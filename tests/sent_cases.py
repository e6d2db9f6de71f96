"""What the tests share that send plans: who watches, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Shown:
    """A step as the watcher saw it."""

    name: str
    detail: str = ""


@dataclass
class Watcher:
    """Keeps what it is told."""

    steps: list[Shown] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Shown]:
        self.steps.append(Shown(name))
        yield self.steps[-1]

    def news(self, text: str) -> None:
        self.lines.append(text)


def dense(vector: dict[str, Any]) -> list[float]:
    """The values of one of Spark's vectors."""
    if vector["type"] == 1:
        return list(vector["values"])
    stored = dict(zip(vector["indices"], vector["values"], strict=True))
    return [stored.get(place, 0.0) for place in range(vector["size"])]
