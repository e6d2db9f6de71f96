"""A page for each job: what became of it, what it was asked for, what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local import states
from pipeline.local.api.started_jobs import started_by
from pipeline.local.context import Context
from pipeline.local.endpoints.container import definitions_of
from pipeline.local.jobs.kinds import JOB_KINDS
from pipeline.local.logs import Logs
from pipeline.local.pages.job_details import details
from pipeline.local.pages.links import JOBS, Link, link
from pipeline.local.pages.log_tail import Tail, tail
from pipeline.local.pages.paging import paged
from pipeline.local.pages.resources import seconds_of, times_of, title_of
from pipeline.local.pages.series import series
from pipeline.local.store import Resource, Store

_FINAL_METRIC = "FinalHyperParameterTuningJobObjectiveMetric"


@dataclass(frozen=True)
class Tuned:
    """A training job of a tuning job; `value` is its objective, None where it has none yet."""

    link: Link
    status: str
    value: float | None
    best: bool
    seconds: float | None
    parameters: Mapping[str, str]


def job_page(context: Context, logs: Logs, job: Resource, query: Mapping[str, str]) -> dict[str, Any]:
    """The page's values."""
    started, ended = times_of(job)
    values = {
        "job": job,
        "title": title_of(job),
        "kind": JOBS[job.kind],
        "started": started,
        "ended": ended,
        "seconds": seconds_of(job),
        "reason": job.extra.get(JOB_KINDS[job.kind].words.reason),
        "message": job.extra.get("ExitMessage"),
        "attempts": job.extra.get("Attempts", 1),
        "transitions": job.extra.get("SecondaryStatusTransitions", ()),
        "metrics": series(job.extra),
        "details": details(job),
        "models": _models_of(context.store, job),
        "document": json.dumps(job.request, indent=2, ensure_ascii=False),
        "log_tail": _log_tail(logs, job, query),
        "live": not states.is_final(job.kind, job.status),
        "tuned": None,
    }
    return values | (_tuning(context, job, query) if job.kind == states.TUNING_JOB else {})


def _log_tail(logs: Logs, job: Resource, query: Mapping[str, str]) -> Tail | None:
    """Glue's runs have streams of their names in two groups, others a folder of theirs in one."""
    group = JOB_KINDS[job.kind].log_group
    if job.kind == states.GLUE_JOB_RUN:
        return tail(logs, group, "", query, only=rf"{re.escape(job.name)}(_\d+)?")
    return tail(logs, group, job.name, query, job.created)


def _tuning(context: Context, job: Resource, query: Mapping[str, str]) -> dict[str, Any]:
    """The training jobs, the best first, and how many came to what."""
    objective = job.request["HyperParameterTuningJobConfig"].get("HyperParameterTuningJobObjective", {})
    best = job.extra.get("BestTrainingJob", {}).get("TrainingJobName")
    jobs = started_by(context.store, job)
    valued = [each for each in jobs if _value(each) is not None]
    valued.sort(key=lambda each: _value(each) or 0.0, reverse=objective.get("Type") == "Maximize")
    ordered = valued + [each for each in jobs if _value(each) is None]
    kept = {name: query[name] for name in ("tuned",) if name in query}
    names = sorted({name for each in jobs for name in each.extra.get("TunedHyperParameters", {})})
    counters = job.extra.get("TrainingJobStatusCounters", {})
    return {
        "tuned": paged(ordered, kept, "tuned", lambda each: _tuned(each, best)),
        "tuned_names": names,
        "objective": objective.get("MetricName", "Objective"),
        "counters": [(name, count) for name, count in counters.items() if count],
    }


def _tuned(job: Resource, best: str | None) -> Tuned:
    return Tuned(
        link(states.TRAINING_JOB, job.name),
        job.status,
        _value(job),
        job.name == best,
        seconds_of(job),
        job.extra.get("TunedHyperParameters", {}),
    )


def _value(job: Resource) -> float | None:
    value: float | None = (job.extra.get(_FINAL_METRIC) or {}).get("Value")
    return value


def _models_of(store: Store, job: Resource) -> list[Link]:
    """The models that serve what a training job made."""
    artifacts = job.extra.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if artifacts is None:
        return []
    return [
        link(states.MODEL, model.name)
        for model in store.all(states.MODEL)
        if any(container.get("ModelDataUrl") == artifacts for _, container in definitions_of(model.request))
    ]
