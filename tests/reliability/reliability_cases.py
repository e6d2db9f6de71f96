"""What the tests of failures share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

SECONDS = 150


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


def until(condition: Callable[[], Any], what: Callable[[], object] = lambda: "") -> Any:
    """Waits until a condition holds, and returns what it gave; `what` is told where it does not."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)
    return found
