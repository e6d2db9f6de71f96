"""How far a tuning job is, as its description says it: counters, the best training job, whether to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.local.tuning.objective import Objective

_SUMMARY = (
    "TrainingJobDefinitionName",
    "TrainingJobName",
    "TrainingJobArn",
    "CreationTime",
    "TrainingStartTime",
    "TrainingEndTime",
    "TrainingJobStatus",
    "FailureReason",
)


@dataclass(frozen=True)
class Finished:
    """A training job that has ended: its description, what was tuned, and the objective where it said one."""

    described: Mapping[str, Any]
    tuned: Mapping[str, str]
    value: float | None

    @property
    def failed(self) -> bool:
        """Whether the training job failed."""
        return bool(self.described["TrainingJobStatus"] == "Failed")


@dataclass
class Progress:
    """All training jobs that have ended, in the order of their ends; `parents` are those of earlier tuning jobs."""

    objective: Objective
    finished: list[Finished] = field(default_factory=list)
    parents: list[tuple[str, Finished]] = field(default_factory=list)

    def best(self) -> Finished | None:
        """The best so far; of equals the first."""
        return _best(self.objective, self.finished)

    def since_best(self) -> int:
        """How many have ended since the best one did."""
        best = self.best()
        return len(self.finished) - 1 - next(at for at, each in enumerate(self.finished) if each is best) if best else 0

    def fields(self, running: int) -> dict[str, Any]:
        """For the tuning job's description."""
        statuses = [str(each.described["TrainingJobStatus"]) for each in self.finished]
        valued = sum(each.value is not None for each in self.finished)
        fields: dict[str, Any] = {
            "TrainingJobStatusCounters": {
                "Completed": statuses.count("Completed"),
                "InProgress": running,
                "RetryableError": 0,
                "NonRetryableError": statuses.count("Failed"),
                "Stopped": statuses.count("Stopped"),
            },
            "ObjectiveStatusCounters": {
                "Succeeded": valued,
                "Pending": running,
                "Failed": len(self.finished) - valued,
            },
        }
        if best := self.best():
            fields["BestTrainingJob"] = self._summary(best)
        if self.parents and (overall := self._overall()):
            fields["OverallBestTrainingJob"] = overall
        return fields

    def _overall(self) -> dict[str, Any] | None:
        best = _best(self.objective, [*(each for _, each in self.parents), *self.finished])
        if best is None:
            return None
        parent = next((name for name, each in self.parents if each is best), None)
        return {**self._summary(best), **({"TuningJobName": parent} if parent else {})}

    def _summary(self, finished: Finished) -> dict[str, Any]:
        """A HyperParameterTrainingJobSummary."""
        known = {name: finished.described[name] for name in _SUMMARY if finished.described.get(name) is not None}
        summary = {**known, "TunedHyperParameters": dict(finished.tuned), "ObjectiveStatus": "Failed"}
        if finished.value is None:
            return summary
        final = self.objective.final(finished.value)
        return {**summary, "ObjectiveStatus": "Succeeded", "FinalHyperParameterTuningJobObjectiveMetric": final}


def _best(objective: Objective, finished: Sequence[Finished]) -> Finished | None:
    best: Finished | None = None
    for each in finished:
        if each.value is None:
            continue
        if best is None or best.value is None or objective.better(each.value, than=best.value):
            best = each
    return best
