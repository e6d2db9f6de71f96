"""When a tuning job has seen enough, and when there is no hope for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.local.jobs.job import JobFailure
from pipeline.local.tuning.progress import Progress

_HOPELESS = 5


def is_complete(criteria: Mapping[str, Any], progress: Progress) -> bool:
    """Whether TuningJobCompletionCriteria are met: the target is reached, or the best has not improved for long."""
    best = progress.best()
    if best is None or best.value is None:
        return False
    target = criteria.get("TargetObjectiveMetricValue")
    if target is not None and not progress.objective.better(target, than=best.value):
        return True
    patience = criteria.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    return patience is not None and progress.since_best() >= patience


def check_hope(progress: Progress, most: int) -> None:
    """Raises JobFailure where the first training jobs have all failed."""
    tried = len(progress.finished)
    if tried >= min(_HOPELESS, most) and all(each.failed for each in progress.finished):
        first = progress.finished[0].described
        raise JobFailure(
            f"No training job succeeded after {tried} attempts. The first, {first['TrainingJobName']}, failed: "
            f"{first.get('FailureReason', 'without a reason')}"
        )


def check_result(progress: Progress) -> None:
    """Raises JobFailure where no training job has said the objective."""
    if progress.best() is None:
        raise JobFailure(f"no training job has said the objective metric {progress.objective.metric}")
