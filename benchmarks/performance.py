"""docs/performance.md's table and picture from one JSON of all results, held against the one that is committed.

python -m benchmarks.performance [--accept]

Reads benchmarks/results/*.json and writes docs/performance.json, docs/performance.png and the table between the marks
in docs/performance.md. A figure more than 15 per cent worse than the committed one is said, and nothing is written
without --accept.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS, ROOT
from benchmarks.goals import GOALS, Goal, Results

NAMES = ("row", "large", "score", "memory", "serve")
DOCUMENT, PAGE, PICTURE = (ROOT / "docs" / f"performance.{kind}" for kind in ("json", "md", "png"))
_BEGIN, _END = "<!-- figures: make bench -->", "<!-- end of figures -->"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--accept", action="store_true", help="take worse figures than the committed ones too")
    options = arguments.parse_args()
    documents = {name: json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES}
    found = {name: document["results"] for name, document in documents.items()}
    worse = regressions(found)
    for line in worse:
        print(f"worse: {line}", file=sys.stderr)
    if worse and not options.accept:
        return 1
    first = documents[NAMES[0]]
    whole = {"machine": first["machine"], "versions": first["versions"], "results": found}
    DOCUMENT.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(_BEGIN)
    PAGE.write_text(f"{before}{_BEGIN}\n{table(found, first)}\n{_END}{rest.split(_END)[1]}", encoding="utf-8")
    draw(found, PICTURE)
    return 0


def regressions(found: Results, committed: Path = DOCUMENT) -> list[str]:
    """The goals whose figures are more than 15 per cent worse than those of the committed document."""
    if not committed.exists():
        return []
    before = json.loads(committed.read_text(encoding="utf-8"))["results"]
    said = []
    for goal in GOALS:
        now, then = goal.figure(found), goal.figure(before)
        if now is not None and then is not None and goal.worse(now, then):
            said.append(f"{goal.what}{f' ({goal.peer})' if goal.peer else ''}: {now:.2f}, it was {then:.2f}")
    return said


def table(found: Results, document: dict[str, Any]) -> str:
    """The goals and their figures in Markdown."""
    machine, versions = document["machine"], document["versions"]
    lines = [
        f"{machine['cores']} cores, {machine['platform']}, Python {machine['python']}, "
        + ", ".join(f"{name} {number}" for name, number in versions.items())
        + ".",
        "",
        "| what | beside | figure | goal | |",
        "|---|---|---|---|---|",
    ]
    lines += [_line(goal, goal.figure(found)) for goal in GOALS]
    return "\n".join(lines)


def _line(goal: Goal, value: float | None) -> str:
    peer = goal.peer + ("" if goal.is_live else " (measured elsewhere)")
    times = " times" if goal.peer else ""
    bound = f"{'at most' if goal.at_most else 'at least'} {goal.bound:g}{times}"
    if value is None:
        return f"| {goal.what} | {peer} | not measured | {bound} | |"
    return f"| {goal.what} | {peer} | {value:.2f}{times} | {bound} | {'reached' if goal.reached(value) else 'missed'} |"


def draw(found: Results, path: Path) -> None:
    """How far each figure is beyond its goal, or short of it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    measured = [(goal, value) for goal in GOALS if (value := goal.figure(found)) is not None]
    shares = [goal.bound / value if goal.at_most else value / goal.bound for goal, value in measured]
    figure, axes = plt.subplots(figsize=(10, 0.36 * len(measured) + 1))
    places = range(len(measured))
    colors = ["#2a7f62" if share >= 1 else "#b5482e" for share in shares]
    axes.barh(places, shares, color=colors)
    axes.set_yticks(places, [f"{goal.what}\n{goal.peer}".strip() for goal, _ in measured], fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xlabel("times as good as the goal asks (the line is the goal)")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
