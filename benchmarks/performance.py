"""docs/performance.md's table and picture from one JSON of all results, held against the one that is committed.

python -m benchmarks.performance [--accept]

Reads benchmarks/results/*.json and writes docs/performance.json, docs/performance.png and the tables between the marks
in docs/performance.md. A figure more than 15 per cent worse than the committed one is said, and nothing is written
without --accept. What needs more than `make bench` (valgrind, ten minutes) keeps its committed figures until measured.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import RESULTS, ROOT
from benchmarks.goals import GOALS, Goal, Results

NAMES = ("row", "large", "wide", "score", "memory", "serve")
_MORE = ("instructions", "soak")
DOCUMENT, PAGE, PICTURE = (ROOT / "docs" / f"performance.{kind}" for kind in ("json", "md", "png"))
_END = "<!-- end -->"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--accept", action="store_true", help="take worse figures than the committed ones too")
    options = arguments.parse_args()
    documents = {name: _read(RESULTS / f"{name}.json") for name in NAMES}
    found = {name: document["results"] for name, document in documents.items()}
    committed = _read(DOCUMENT)["results"] if DOCUMENT.exists() else {}
    for name in _MORE:
        path = RESULTS / f"{name}.json"
        if path.exists() or name in committed:
            found[name] = _read(path)["results"] if path.exists() else committed[name]
    worse = regressions(found)
    for line in worse:
        print(f"worse: {line}", file=sys.stderr)
    if worse and not options.accept:
        return 1
    first = documents[NAMES[0]]
    whole = {"machine": first["machine"], "versions": first["versions"], "results": found}
    DOCUMENT.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    for mark, text in parts(whole).items():
        before, rest = page.split(f"<!-- {mark} -->")
        page = f"{before}<!-- {mark} -->\n{text}\n{_END}{rest.partition(_END)[2]}"
    PAGE.write_text(page, encoding="utf-8")
    draw(found, PICTURE)
    return 0


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def parts(document: Results) -> dict[str, str]:
    """The page's generated parts by their marks."""
    found = document["results"]
    made = {"figures: make bench": table(found, document)}
    if "instructions" in found:
        made["instructions: python -m benchmarks.instructions"] = instructions(found["instructions"])
    if "soak" in found:
        made["soak: python -m benchmarks.soak"] = soak(found["soak"])
    return made


def instructions(found: Results) -> str:
    """Functions by rows, in Markdown: what each row's instructions go to, the most first."""
    functions = sorted({name for row in found.values() for name in row}, key=lambda name: -_sum(found, name))
    lines = [f"| function | {' | '.join(found)} |", f"|---|{'---|' * len(found)}"]
    total = " | ".join(f"**{sum(row.values()):,}**" for row in found.values())
    shown = [name for name in functions if any(row.get(name, 0) > 0.01 * sum(row.values()) for row in found.values())]
    lines += [f"| {name} | {' | '.join(f'{row.get(name, 0):,}' for row in found.values())} |" for name in shown]
    return "\n".join([*lines, f"| all | {total} |"])


def _sum(found: Results, name: str) -> int:
    return sum(row.get(name, 0) for row in found.values())


def soak(found: Results) -> str:
    """What a soak found, in Markdown."""
    times, constant, stalled = found["microseconds"], found["constant_microseconds"], found["stalled"]
    (before, after), (files_before, files_after) = found["resident_mb"], found["files"]
    wrong = found["failed"] + found["wrong"]
    rows = {
        "requests a second, open loop": f"{found['requests_per_second']:,.0f} of {found['highest']:,.0f}",
        "good requests": f"{found['good']:,}, failed {len(found['failed'])}",
        "malformed, oversized, slow, aborted": ", ".join(f"{count:,}" for count in found["others"].values()),
        "answered otherwise than they should": str(len(wrong)),
        "p50, p99, p99.9 in microseconds": ", ".join(f"{value:,.0f}" for value in times.values()),
        "p99.9 against p50 (goal: 10)": f"{times['p99.9'] / times['p50']:.1f} times",
        "p50, p99, p99.9 of a constant under the same load": ", ".join(f"{value:,.0f}" for value in constant.values()),
        "taken by the machine from an idle process": f"{stalled['share']:.1%} of the time, "
        f"at most {stalled['longest_ms']:.0f} ms at once",
        "resident MB of the workers, first and second half": f"{before:g}, {after:g}",
        "open files, first and second half": f"{files_before}, {files_after}",
        "seconds until a killed worker is back (goal: 2)": f"{found['seconds_without_a_killed_worker']:.2f}",
        "accepted requests lost at SIGTERM": str(found["lost_at_the_end"]),
    }
    return "\n".join(["| what | found |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows.items())])


def regressions(found: Results, committed: Path = DOCUMENT) -> list[str]:
    """The goals whose figures are more than 15 per cent worse than those of the committed document."""
    if not committed.exists():
        return []
    before = _read(committed)["results"]
    said = []
    for goal in GOALS:
        now, then = goal.figure(found), goal.figure(before)
        if now is not None and then is not None and goal.worse(now, then):
            said.append(f"{goal.what}{f' ({goal.peer})' if goal.peer else ''}: {now:.2f}, it was {then:.2f}")
    return said


def table(found: Results, document: Results) -> str:
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
