"""The first page: endpoints, jobs of all kinds, models, and how a client gets here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local import states
from pipeline.local.context import Context
from pipeline.local.pages.links import JOBS, KINDS, Link, link
from pipeline.local.pages.paging import paged
from pipeline.local.pages.resources import containers_of, newest, seconds_of
from pipeline.local.store import Resource

_SETTLED = frozenset({"InService", "OutOfService", "Failed", "UpdateRollbackFailed"})


@dataclass(frozen=True)
class JobRow:
    """A job in a list: `seconds` is how long it has taken, None for one that waits."""

    link: Link
    kind: str
    status: str
    step: str
    created: float
    seconds: float | None
    tuning: Link | None


@dataclass(frozen=True)
class EndpointRow:
    """An endpoint in a list."""

    link: Link
    status: str
    models: list[Link]
    created: float


@dataclass(frozen=True)
class ModelRow:
    """A model in a list."""

    link: Link
    containers: int
    created: float


@dataclass(frozen=True)
class Filter:
    """A kind of job that the list can be narrowed to."""

    title: str
    count: int
    href: str
    chosen: bool


def overview(context: Context, query: Mapping[str, str]) -> dict[str, Any]:
    """The page's values."""
    store = context.store
    jobs = newest([job for kind in JOBS for job in store.all(kind)])
    endpoints, models = newest(store.all(states.ENDPOINT)), newest(store.all(states.MODEL))
    chosen = KINDS.get(query.get("kind", ""))
    shown = [job for job in jobs if chosen in (None, job.kind)]
    # Of these alone the links to other pages are made.
    kept = {name: query[name] for name in ("kind", "endpoints", "jobs", "models") if name in query}
    return {
        "empty": not (jobs or endpoints or models),
        "counts": Counter(job.status for job in jobs).most_common(),
        "filters": _filters(jobs, chosen),
        "endpoints": paged(endpoints, kept, "endpoints", _endpoint_row),
        "jobs": paged(shown, kept, "jobs", _job_row),
        "models": paged(models, kept, "models", _model_row),
        "live": any(not states.is_final(job.kind, job.status) for job in jobs)
        or any(endpoint.status not in _SETTLED for endpoint in endpoints),
    }


def _job_row(job: Resource) -> JobRow:
    """A job as lists show it."""
    tuning = job.extra.get("TuningJobArn")
    step = job.extra.get("SecondaryStatus", "")
    return JobRow(
        link(job.kind, job.name),
        JOBS[job.kind].title,
        job.status,
        "" if step == job.status else step,
        job.created,
        seconds_of(job),
        link(states.TUNING_JOB, tuning.rpartition("/")[2]) if tuning else None,
    )


def _filters(jobs: list[Resource], chosen: str | None) -> list[Filter]:
    counts = Counter(job.kind for job in jobs)
    filters = [Filter("All", len(jobs), "/#jobs", chosen is None)]
    for kind, words in JOBS.items():
        if counts[kind]:
            filters.append(Filter(words.title, counts[kind], f"/?kind={words.path}#jobs", chosen == kind))
    return filters


def _endpoint_row(endpoint: Resource) -> EndpointRow:
    variants = endpoint.extra.get("Served", {}).get("config", {}).get("ProductionVariants", ())
    names = dict.fromkeys(variant["ModelName"] for variant in variants if "ModelName" in variant)
    models = [link(states.MODEL, name) for name in names]
    return EndpointRow(link(states.ENDPOINT, endpoint.name), endpoint.status, models, endpoint.created)


def _model_row(model: Resource) -> ModelRow:
    return ModelRow(link(states.MODEL, model.name), len(containers_of(model.request)), model.created)
