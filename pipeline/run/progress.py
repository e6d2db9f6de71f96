"""What a person sees of a run: each step with its time; on a terminal what is under way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.text import Text


@dataclass
class Step:
    """One step of the run's record."""

    name: str
    title: str
    seconds: float = 0.0
    status: str = "running"
    detail: str = ""

    def record(self) -> dict[str, Any]:
        """The step as run.json has it."""
        return {
            "name": self.name,
            "title": self.title,
            "seconds": round(self.seconds, 3),
            "status": self.status,
            "detail": self.detail,
        }


@dataclass
class Progress:
    """Prints one line a finished step; while it runs, its latest news on a terminal."""

    console: Console
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """Times a step; `detail`, set inside, stands behind its title."""
        step = Step(name, title)
        self.steps.append(step)
        started = time.perf_counter()
        with self.console.status(f"{title} ...") as status:
            self._status: Any = status
            try:
                yield step
                step.status = "done"
            except BaseException:
                step.status = "failed"
                raise
            finally:
                step.seconds = time.perf_counter() - started
        said = f"[green]✓[/] {title:<22} {step.seconds:6.1f} s  [dim]{escape(step.detail)}[/]"
        self.console.print(said, highlight=False, soft_wrap=True)

    def news(self, text: str) -> None:
        """What the running step is doing just now."""
        self._status.update(escape(text))

    def line(self, name: str, text: str) -> None:
        """What a program said, each line behind the program's name; it stays."""
        for line in text.split("\n"):
            self.console.print(Text.assemble("  ", (name, "dim"), " | ", line), soft_wrap=True)
