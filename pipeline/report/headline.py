"""The top of the page: what was run, what came out, and what a reader must not overlook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.report.formats import duration, joined, milliseconds, number, plural
from pipeline.report.metrics import BASELINES, main_metric
from pipeline.report.parity import verdict

DONE = ("completed", "done")


@dataclass(frozen=True)
class Card:
    """A headline figure; `level` is "", "good", "warn" or "bad"."""

    label: str
    value: str
    note: str
    level: str = ""


@dataclass(frozen=True)
class Notice:
    """A line above everything else."""

    level: str
    title: str
    text: str


def sentence(run: Mapping[str, Any]) -> str:
    """What was run, in one sentence made of the parts that are known."""
    source = run.get("input") or {}
    features, training = run.get("features") or {}, run.get("training") or {}
    parts = []
    if source.get("rows") is not None:
        origin = source.get("source")
        parts.append(plural(source["rows"], "row") + (f" of {origin}" if origin else ""))
    if features.get("count") is not None:
        stages = len(features.get("stages") or [])
        made = plural(features["count"], "feature")
        parts.append(f"{plural(stages, 'Spark stage')} into {made}" if stages else made)
    if training.get("rounds") is not None:
        objective = f" ({training['objective']})" if training.get("objective") else ""
        rounds = plural(training["rounds"], "round")
        kind = "factorization machines" if run.get("ratings") else "an XGBoost model"
        parts.append(f"{kind} of {rounds}{objective}")
    if not parts:
        return f"A {run['task']} run."
    return " through ".join([parts[0], joined(parts[1:])] if parts[1:] else parts) + "."


def cards(run: Mapping[str, Any]) -> list[Card]:
    """The headline figures there are: main metric, parity, endpoint, total time."""
    return [card for card in (_metric(run), _parity(run), _endpoint(run), _time(run)) if card]


def _metric(run: Mapping[str, Any]) -> Card | None:
    metric = main_metric(run)
    if metric is None:
        return None
    note = "on the test rows"
    if metric.comparison:
        note = f"{metric.comparison} than {BASELINES[run['task']]} (" + number(metric.baseline) + ")"
    level = "warn" if metric.better is False else ""
    return Card(metric.label, number(metric.value), note, level)


def _parity(run: Mapping[str, Any]) -> Card | None:
    if run.get("ratings"):
        return None
    found = verdict(run.get("verification"))
    return Card("Parity", found.short, found.note, found.level)


def _endpoint(run: Mapping[str, Any]) -> Card | None:
    endpoint = run.get("endpoint") or {}
    if endpoint.get("p50_ms") is None:
        return None
    notes = [plural(endpoint["requests"], "request")] if endpoint.get("requests") else []
    if endpoint.get("p99_ms") is not None:
        notes.append("p99 " + milliseconds(endpoint["p99_ms"]))
    if endpoint.get("measured") == "runtime":
        notes.append("through the runtime")
    return Card("Endpoint p50", milliseconds(endpoint["p50_ms"]), Markup(", ").join(notes))


def _time(run: Mapping[str, Any]) -> Card | None:
    if run.get("seconds") is None:
        return None
    steps = len(run.get("steps") or [])
    return Card(
        "Total time", duration(run["seconds"]), f"{plural(steps, 'step')}, from data to report" if steps else ""
    )


def notices(run: Mapping[str, Any]) -> list[Notice]:
    """What changes how the whole page is to be read, worst first."""
    found = []
    if run["status"] not in DONE:
        failed = [step["name"] for step in run.get("steps") or [] if step.get("status") == "failed"]
        text = f"It stopped at {joined(failed)}. " if failed else ""
        found.append(Notice("bad", f"This run is {run['status']}", f"{text}What follows is incomplete."))
    if (run.get("endpoint") or {}).get("agree") is False:
        text = "Replies differ from the predictions the model gives elsewhere in this run."
        found.append(Notice("bad", "The endpoint disagrees", text))
    if (run.get("input") or {}).get("kind") == "synthetic":
        text = "It was drawn by a generator, not measured. Its metrics show that the pipeline works, nothing more."
        found.append(Notice("warn", "The data is synthetic: a generated sample", text))
    if (run.get("training") or {}).get("zeros_are_missing"):
        text = (
            "Training on LibSVM took zeros for missing values, and so does the fused archive. "
            "AWS's SparkML container sends them as values: deploy the fused one, or train on text/csv."
        )
        found.append(Notice("warn", "A chain of two containers would predict otherwise", text))
    return found
