"""docs/performance.md says what docs/performance.json holds, and what became slower is said."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.goals import GOALS
from benchmarks.performance import DOCUMENT, PAGE, parts, regressions

COMMITTED: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))


def test_the_page_shows_the_committed_figures() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for mark, text in parts(COMMITTED).items():
        assert f"<!-- {mark} -->\n{text}\n<!-- end -->" in page


def test_every_goal_has_a_figure() -> None:
    assert [goal.what for goal in GOALS if goal.figure(COMMITTED["results"]) is None] == []


def test_the_same_figures_are_no_worse() -> None:
    assert regressions(COMMITTED["results"]) == []


@pytest.mark.parametrize(
    ("path", "goal"),
    [(("row", "abalone", "ours"), "one row in process"), (("score", "ratio"), "CSV file to predictions")],
)
def test_what_became_slower_is_said(path: tuple[str, ...], goal: str, tmp_path: Path) -> None:
    slower = copy.deepcopy(COMMITTED["results"])
    at = slower
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] *= 1.1
    assert regressions(slower) == []
    at[path[-1]] *= 1.1
    said = regressions(slower)
    assert said
    assert all(line.startswith(goal) for line in said)
    assert regressions(slower, tmp_path / "none.json") == []
