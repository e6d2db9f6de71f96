"""Hyper-parameter tuning jobs."""

from __future__ import annotations

from typing import Any

from pipeline.local import states
from pipeline.local.api.descriptions import select
from pipeline.local.api.jobs import register_job
from pipeline.local.api.listing import ordered, page
from pipeline.local.api.registry import operation
from pipeline.local.api.started_jobs import started_by
from pipeline.local.api.training import FAMILY as TRAINING
from pipeline.local.context import Context
from pipeline.local.jobs.tuning import check_tuning
from pipeline.local.store import Resource

_COUNTERS = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
_LIST = "ListTrainingJobsForHyperParameterTuningJob"


def _prepare(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    check_tuning(request)
    for parent in request.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", ()):
        FAMILY.get(context, parent["HyperParameterTuningJobName"])
    definitions = request.get("TrainingJobDefinitions") or [request.get("TrainingJobDefinition", {})]
    for definition in definitions:
        image = definition.get("AlgorithmSpecification", {}).get("TrainingImage")
        if image is not None:
            context.images.resolve(image, "training")
    return {
        "TrainingJobStatusCounters": dict.fromkeys(_COUNTERS, 0),
        "ObjectiveStatusCounters": {"Succeeded": 0, "Pending": 0, "Failed": 0},
    }


def _summary(context: Context, resource: Resource) -> dict[str, Any]:
    """What only the list shows at its top."""
    config = resource.request["HyperParameterTuningJobConfig"]
    return {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}


FAMILY = register_job(states.TUNING_JOB, _prepare, descending=False, sort_by="Name", more=_summary)


@operation(_LIST)
def list_training_jobs(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The training jobs that a tuning job started."""
    tuning = FAMILY.get(context, request["HyperParameterTuningJobName"])
    started = [
        job for job in started_by(context.store, tuning) if request.get("StatusEquals", job.status) == job.status
    ]
    entries = [
        select(
            {
                **TRAINING.describe(context, job),
                "TunedHyperParameters": job.extra.get("TunedHyperParameters", {}),
                "TrainingJobDefinitionName": job.extra.get("TrainingJobDefinitionName"),
            },
            _LIST,
            "TrainingJobSummaries",
        )
        for job in ordered(started, request, sort_by="Name", descending=False)
    ]
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        entries = _by_objective(entries, descending=request.get("SortOrder") == "Descending")
    return page(entries, request, "TrainingJobSummaries", "TrainingJobName")


def _by_objective(entries: list[dict[str, Any]], *, descending: bool) -> list[dict[str, Any]]:
    """Jobs without a value come last, as they have none to be compared."""
    member = "FinalHyperParameterTuningJobObjectiveMetric"
    valued = [entry for entry in entries if entry.get(member)]
    valued.sort(key=lambda entry: float(entry[member]["Value"]), reverse=descending)
    return valued + [entry for entry in entries if not entry.get(member)]
