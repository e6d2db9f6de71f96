"""The first page: endpoints, jobs of all kinds, models, and how a client gets here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.local import states
from pipeline.local.context import Context
from pipeline.local.endpoints.container import definitions_of
from pipeline.local.pages.links import JOBS, KINDS, Link, link
from pipeline.local.pages.paging import Page, paged_from
from pipeline.local.pages.resources import TIMES, seconds_of, title_of
from pipeline.local.store import Resource

T = TypeVar("T")

# What a job's row says of what became of it.
_JOB_MEMBERS = ("SecondaryStatus", "TuningJobArn", *TIMES)
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
    """The page's values; of the store it reads counts, and of what it lists the members that it shows."""
    counts = context.store.counts([*JOBS, states.ENDPOINT, states.MODEL])
    jobs = Counter({key: count for key, count in counts.items() if key[0] in JOBS})
    chosen = KINDS.get(query.get("kind", ""))
    shown = list(JOBS) if chosen is None else [chosen]
    # Of these alone the links to other pages are made.
    kept = {name: query[name] for name in ("kind", "endpoints", "jobs", "models") if name in query}

    def listed(name: str, kinds: Sequence[str], make: Callable[[Resource], T], **members: Sequence[str]) -> Page[T]:
        def read(start: int, count: int) -> list[Resource]:
            return context.store.newest(kinds, start, count, **members)

        total = sum(count for (kind, _), count in counts.items() if kind in kinds)
        return paged_from(total, read, kept, name, make)

    return {
        "empty": not counts,
        "counts": _totals(jobs, 1).most_common(),
        "filters": _filters(_totals(jobs, 0), chosen),
        "endpoints": listed("endpoints", [states.ENDPOINT], _endpoint_row, extra=["Served"]),
        "jobs": listed("jobs", shown, _job_row, request=["JobName"], extra=_JOB_MEMBERS),
        "models": listed("models", [states.MODEL], _model_row, request=["PrimaryContainer", "Containers"]),
        "live": any(
            status not in _SETTLED if kind == states.ENDPOINT else kind in JOBS and not states.is_final(kind, status)
            for kind, status in counts
        ),
    }


def _totals(counts: Counter[tuple[str, str]], part: int) -> Counter[str]:
    """Counts by kind and status, by one of these two."""
    totals: Counter[str] = Counter()
    for key, count in counts.items():
        totals[key[part]] += count
    return totals


def _job_row(job: Resource) -> JobRow:
    """A job as lists show it."""
    tuning = job.extra.get("TuningJobArn")
    step = job.extra.get("SecondaryStatus", "")
    return JobRow(
        link(job.kind, job.name, title_of(job)),
        JOBS[job.kind].title,
        job.status,
        "" if step == job.status else step,
        job.created,
        seconds_of(job),
        link(states.TUNING_JOB, tuning.rpartition("/")[2]) if tuning else None,
    )


def _filters(counts: Counter[str], chosen: str | None) -> list[Filter]:
    filters = [Filter("All", counts.total(), "/#jobs", chosen is None)]
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
    return ModelRow(link(states.MODEL, model.name), len(definitions_of(model.request)), model.created)
