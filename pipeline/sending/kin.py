"""All that bears a run's names: what it made first, what was made again when a step was repeated, and what is left."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from pipeline.plan.deletions import JOBS, deletion_of, deletions
from pipeline.plan.names import resource_name
from pipeline.plan.steps import GLUE, Deletion, Plan
from pipeline.sending.cleanup import clean_up, delete, description_of, stop
from pipeline.sending.clients import Clients, failing_as
from pipeline.sending.glue_runs import end_runs
from pipeline.sending.named import named

Said = Callable[[str], None]


def clear_run(plan: Plan, clients: Clients, said: Said) -> None:
    """Deletes all that the run has made, however often: the endpoint if it serves this run's model, and all its files.

    It can be repeated. Raises StepError for what AWS refuses.
    """
    with failing_as("clean-up"):
        for deletion in _endpoint(plan, clients):
            _told(clients, deletion, said)
        for kind in ("EndpointConfig", "Model"):
            for name in _names(plan, clients, kind):
                _told(clients, deletion_of(kind, name), said)
        for kind in JOBS:
            for name in _names(plan, clients, kind):
                _told(clients, deletion_of(kind, name), said)
        for deletion in deletions(plan):
            if deletion.service == GLUE:
                _told(clients, deletion, said)
    # What the plan itself knows: versions in the registry, Glue's job, the files.
    clean_up(plan, clients, said, files=True)


def tidy_run(plan: Plan, clients: Clients, said: Said, current: Collection[str] = ()) -> None:
    """Stops what the run has still running, and deletes its models and endpoint configurations that are superseded.

    `current` are the names of those that are not; what the endpoint serves stays too. Raises StepError.
    """
    with failing_as("clean-up"):
        for kind in JOBS:
            for name in _names(plan, clients, kind):
                _stopped(clients, deletion_of(kind, name), said)
        if (job := plan.step("CreateJob")) is not None:
            end_runs(clients, job.thing_name)
        kept = {*current, *_in_service(plan, clients)}
        for kind in ("EndpointConfig", "Model"):
            for name in _names(plan, clients, kind):
                if name not in kept:
                    _told(clients, deletion_of(kind, name), said)


def beginning_of(plan: Plan) -> str:
    """What the names of a run's things begin with, where no name had to be cut or spelled otherwise."""
    return resource_name(plan.pipeline, plan.run_key, "")


def _names(plan: Plan, clients: Clients, kind: str) -> list[str]:
    # A name that had to be cut or spelled otherwise has a hash of its own and begins like no other. Those of a tuning
    # job's training jobs are made of its own.
    kinds = (kind, "HyperParameterTuningJob") if kind == "TrainingJob" else (kind,)
    beginnings = {beginning_of(plan), *(step.thing_name for step in plan.steps if step.thing in kinds)}
    return sorted({name for beginning in beginnings for name in named(clients, kind, beginning)})


def _endpoint(plan: Plan, clients: Clients) -> Iterator[Deletion]:
    """The endpoint, unless another run's model serves there."""
    step = plan.step("CreateEndpoint")
    if step is None:
        return
    deletion = deletion_of("Endpoint", step.thing_name)
    described = description_of(clients, deletion)
    if described is not None and described["EndpointConfigName"].startswith(beginning_of(plan)):
        yield deletion


def _in_service(plan: Plan, clients: Clients) -> Iterator[str]:
    step = plan.step("CreateEndpoint")
    described = None if step is None else description_of(clients, deletion_of("Endpoint", step.thing_name))
    if described is None:
        return
    name = described["EndpointConfigName"]
    yield name
    # What an endpoint serves goes on even where its configuration has been deleted.
    if name in named(clients, "EndpointConfig", name):
        config = clients.sagemaker.describe_endpoint_config(EndpointConfigName=name)
        # Without one a variant's inference components name their models.
        yield from (variant["ModelName"] for variant in config["ProductionVariants"] if "ModelName" in variant)


def _stopped(clients: Clients, deletion: Deletion, said: Said) -> None:
    wait = deletion.wait
    described: dict[str, Any] | None = description_of(clients, deletion)
    if wait is not None and described is not None and not wait.is_over(described):
        stop(clients, wait)
        said(f"{wait.stop}: {', '.join(map(str, deletion.request.values()))}")


def _told(clients: Clients, deletion: Deletion, said: Said) -> None:
    if delete(clients, deletion):
        said(f"{deletion.operation}: {', '.join(map(str, deletion.request.values()))}")
