"""The training jobs that tuning jobs start: created as the API creates any, and known by their TuningJobArn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.local import states
from pipeline.local.api.shapes import check_request
from pipeline.local.api.training import FAMILY
from pipeline.local.context import Context
from pipeline.local.errors import LocalServiceError
from pipeline.local.jobs.job import JobFailure
from pipeline.local.store import Resource, Store


def started_by(store: Store, tuning: Resource) -> list[Resource]:
    """The training jobs that a tuning job has started, the oldest first; not those of a deleted one of its name."""
    return [
        job
        for job in store.all(states.TRAINING_JOB)
        if job.extra.get("TuningJobArn") == tuning.arn and job.created >= tuning.created
    ]


class StartedJobs:
    """The service's own training jobs, as a tuning job uses them; see TrainingJobs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def start(self, tuning_job: str, request: Mapping[str, Any], tuned: Mapping[str, str]) -> None:
        """As TrainingJobs has it; the tuning job's tags are the training job's. JobFailure for what is refused."""
        store, arn = self._context.store, self._context.arn(states.TUNING_JOB, tuning_job)
        tags = store.tags(arn)
        whole = {**request, "Tags": tags} if tags else dict(request)
        try:
            check_request("CreateTrainingJob", whole)
            FAMILY.create(self._context, whole, TuningJobArn=arn, TunedHyperParameters=dict(tuned))
        except LocalServiceError as error:
            raise JobFailure(f"ClientError: {error.message}", hint=error.hint) from error

    def describe(self, name: str) -> Mapping[str, Any]:
        """As TrainingJobs has it."""
        return FAMILY.describe(self._context, FAMILY.get(self._context, name))

    def update(self, name: str, **fields: Any) -> None:
        """As TrainingJobs has it."""
        self._context.store.update(states.TRAINING_JOB, name, **fields)

    def stop(self, name: str) -> None:
        """As TrainingJobs has it."""
        supervisor = self._context.supervisor
        if not supervisor.ending:
            supervisor.stop_job(states.TRAINING_JOB, name)

    def at_rest(self, name: str) -> bool:
        """As TrainingJobs has it."""
        return self._context.supervisor.at_rest(states.TRAINING_JOB, name)

    def of(self, tuning_job: str) -> list[Mapping[str, Any]]:
        """As TrainingJobs has it; nothing for a tuning job that is not there."""
        store = self._context.store
        tuning = store.find(states.TUNING_JOB, tuning_job)
        return [FAMILY.describe(self._context, job) for job in started_by(store, tuning)] if tuning else []
