"""What the tests share that send plans: who watches, and what came back."""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests_paths import ROOT

SAMPLE = ROOT / "examples" / "abalone" / "sample.py"


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

    def line(self, name: str, text: str) -> None:
        self.lines.append(text)


def dense(vector: dict[str, Any]) -> list[float]:
    """The values of one of Spark's vectors."""
    if vector["type"] == 1:
        return list(vector["values"])
    stored = dict(zip(vector["indices"], vector["values"], strict=True))
    return [stored.get(place, 0.0) for place in range(vector["size"])]


def abalone_rows(path: Path, count: int, *broken: str) -> Path:
    """Rows of the abalone example, then these lines."""
    spec = importlib.util.spec_from_file_location("abalone_sample", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with path.open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(module.generate(count, 3))
        stream.writelines(f"{line}\n" for line in broken)
    return path
