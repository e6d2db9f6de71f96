"""What follows a request until its work is done: which description, which states, which log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.plan.steps import Logs, Wait

# Kind of job: the log group that its lines go to.
_JOBS = {
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
    "TransformJob": "/aws/sagemaker/TransformJobs",
    "HyperParameterTuningJob": "/aws/sagemaker/TrainingJobs",
}
_ENDPOINT = Wait(
    "DescribeEndpoint",
    {},
    "EndpointStatus",
    succeeded=("InService",),
    failed=("Failed", "OutOfService", "UpdateRollbackFailed"),
)
_MODEL_PACKAGE = Wait(
    "DescribeModelPackage",
    {},
    "ModelPackageStatus",
    succeeded=("Completed",),
    failed=("Failed",),
    reason="ModelPackageStatusDetails",
    from_reply={"ModelPackageName": "ModelPackageArn"},
)


def wait_for(operation: str, name: str, expected: Mapping[str, Any] | None = None) -> Wait:
    """What to wait for after an operation that makes the thing of that name."""
    kind = operation.removeprefix("Create")
    if kind == "Endpoint":
        # A new endpoint logs into a group of its own.
        logs = Logs(f"/aws/sagemaker/Endpoints/{name}", "")
        return replace(_ENDPOINT, request={"EndpointName": name}, expected=expected or {}, logs=logs)
    if kind == "ModelPackage":
        return _MODEL_PACKAGE
    return Wait(
        f"Describe{kind}",
        {f"{kind}Name": name},
        f"{kind}Status",
        succeeded=("Completed",),
        failed=("Failed", "Stopped"),
        # A tuning job says nothing itself; the names of its training jobs begin with its own.
        logs=Logs(_JOBS[kind], f"{name}-" if kind == "HyperParameterTuningJob" else f"{name}/"),
        stop=f"Stop{kind}",
    )
