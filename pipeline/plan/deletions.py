"""The requests that delete what a plan's steps made, the endpoint first."""

from __future__ import annotations

from pipeline.plan.steps import GLUE, Deletion, Plan, Step
from pipeline.plan.waits import wait_for

JOBS = ("TransformJob", "HyperParameterTuningJob", "TrainingJob", "ProcessingJob")

# What is made, in the order in which it is deleted: each before what it is made of. Transform jobs cannot be deleted.
_ORDER = (
    "CreateEndpoint",
    "CreateEndpointConfig",
    "CreateModel",
    "CreateModelPackage",
    "CreateModelPackageGroup",
    "CreateTransformJob",
    "CreateHyperParameterTuningJob",
    "CreateTrainingJob",
    "CreateProcessingJob",
    "CreateJob",
)


def deletions(plan: Plan) -> tuple[Deletion, ...]:
    """What `cleanup` sends, in order; it can be sent again, for what is gone is gone."""
    return tuple(_deletion(step) for operation in _ORDER for step in plan.steps if step.operation == operation)


def deletion_of(kind: str, name: str) -> Deletion:
    """The request that deletes a thing; a transform job, which AWS keeps, is stopped."""
    wait = wait_for(f"Create{kind}", name) if kind in (*JOBS, "Endpoint") else None
    verb = "Stop" if kind == "TransformJob" else "Delete"
    return Deletion(f"{verb}{kind}", {f"{kind}Name": name}, wait, until_gone=kind == "Endpoint")


def _deletion(step: Step) -> Deletion:
    kind = step.operation.removeprefix("Create")
    if step.service == GLUE:
        return Deletion("DeleteJob", {"JobName": step.thing_name}, service=GLUE)
    if kind == "TransformJob":
        # It is stopped where it runs still; its record stays with AWS.
        return Deletion("StopTransformJob", {"TransformJobName": step.request["TransformJobName"]}, step.wait)
    if kind == "ModelPackage":
        return Deletion("DeleteModelPackage", {}, from_reply=step.wait.from_reply if step.wait else {})
    member = f"{kind}Name"
    return Deletion(
        f"Delete{kind}",
        {member: step.request[member]},
        step.wait,
        until_gone=kind == "Endpoint",
        # Other runs have versions of their own in the group.
        refused=("ConflictException",) if kind == "ModelPackageGroup" else (),
    )
