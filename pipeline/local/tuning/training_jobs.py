"""What a tuning job needs of the service that runs training jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

FINAL = frozenset({"Completed", "Failed", "Stopped"})


class TrainingJobs(Protocol):
    """Training jobs by their names; descriptions are DescribeTrainingJob's, with all that was given to `update`."""

    def start(self, tuning_job: str, request: Mapping[str, Any], tuned: Mapping[str, str]) -> None:
        """CreateTrainingJob; the description gets TuningJobArn, and what was tuned as TunedHyperParameters."""

    def describe(self, name: str) -> Mapping[str, Any]:
        """The description as it is now, with MetricSeries as far as the job has told it."""

    def update(self, name: str, **fields: Any) -> None:
        """Merges fields into the description."""

    def stop(self, name: str) -> None:
        """StopTrainingJob; does nothing to a job that has ended, nor while the service ends."""

    def at_rest(self, name: str) -> bool:
        """Whether nobody works on the job any more: it has ended, or the service ends."""

    def of(self, tuning_job: str) -> Sequence[Mapping[str, Any]]:
        """The descriptions of all training jobs that a tuning job has started, in the order of their starts."""
