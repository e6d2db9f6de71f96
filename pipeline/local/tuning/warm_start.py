"""What a tuning job takes over from earlier ones."""

from __future__ import annotations

from pipeline.local.jobs.job import JobFailure
from pipeline.local.tuning.progress import Finished
from pipeline.local.tuning.requests import TuningRequest
from pipeline.local.tuning.search import Search
from pipeline.local.tuning.training_jobs import TrainingJobs

_HEAD_START = 3  # choices of the parents that TransferLearning tries first


def warm_start(request: TuningRequest, jobs: TrainingJobs, search: Search) -> list[tuple[str, Finished]]:
    """Teaches the search what the parents have found; returns their training jobs with the parents' names.

    With TransferLearning the parents' data was another, so that values cannot be compared: the best choices are
    tried first, and nothing is returned. Raises JobFailure for a parent without training jobs.
    """
    found: list[tuple[str, Finished, float]] = []
    for parent in request.warm_start.get("ParentHyperParameterTuningJobs", ()):
        name = parent["HyperParameterTuningJobName"]
        started = jobs.of(name)
        if not started:
            raise JobFailure(f"ClientError: the parent tuning job {name} has started no training job")
        for described in started:
            value = request.objective.value(described)
            if value is not None:
                tuned = described.get("TunedHyperParameters", {})
                found.append((name, Finished(described, tuned, value), value))
    found.sort(key=lambda each: -each[2] if request.objective.maximize else each[2])
    if request.warm_start.get("WarmStartType") == "TransferLearning":
        taken = 0
        for _, finished, _ in found:
            if taken < _HEAD_START:
                taken += search.try_first(finished.described["HyperParameters"])
        return []
    for _, finished, value in found:
        search.learn(finished.described["HyperParameters"], value)
    return [(name, finished) for name, finished, _ in found]
