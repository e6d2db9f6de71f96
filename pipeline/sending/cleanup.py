"""A plan undone: what its steps made is deleted, the endpoint first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.errors import StepError
from pipeline.plan.check import check_deletion
from pipeline.plan.deletions import deletion_of, deletions
from pipeline.plan.steps import GLUE, Deletion, Plan, Wait
from pipeline.sending.clients import Clients, code_of, failing_as, message_of
from pipeline.sending.follow import call
from pipeline.sending.glue_runs import end_runs, is_there
from pipeline.sending.named import named
from pipeline.sending.objects import split

# How AWS says that a thing is not there.
_GONE = {"ValidationException": ("could not find", "does not exist", "not found"), "ResourceNotFound": ("",)}
_PAUSE, _LOCAL_PAUSE = 5.0, 0.2


def clean_up(plan: Plan, clients: Clients, said: Callable[[str], None], *, files: bool = False) -> int:
    """Deletes what the plan's steps made, and with `files` all objects below its root; returns how many things went.

    It can be repeated: what is gone is gone. Raises StepError for what AWS refuses to delete.
    """
    count = 0
    for deletion in deletions(plan):
        with failing_as("cleanup"):
            for one in _each(clients, plan, deletion):
                if delete(clients, one):
                    said(f"{one.operation}: {', '.join(map(str, one.request.values()))}")
                    count += 1
    if files:
        with failing_as("cleanup"):
            removed = delete_objects(clients.s3, plan.root)
        said(f"{removed} objects below {plan.root}")
        count += removed
    return count


def delete(clients: Clients, deletion: Deletion) -> bool:
    """Deletes one thing, a job as soon as it has ended; whether there was one.

    Raises ConfigError for a request that AWS would not take, before anything is sent, and botocore's ClientError.
    """
    from botocore.exceptions import ClientError

    wait = check_deletion(deletion).wait
    if deletion.service == GLUE:
        job = deletion.request["JobName"]
        if not is_there(clients, job):
            return False
        end_runs(clients, job)
    if wait is not None and wait.request:
        description = description_of(clients, deletion)
        if description is None:
            return False
        if any(description.get(member) != value for member, value in wait.expected.items()):
            return False
        if wait.stop is not None and not wait.is_over(description):
            stop(clients, wait)
            until_ended(clients, deletion)
        if wait.stop == deletion.operation:
            return not wait.is_over(description)
    try:
        call(clients.of(deletion.service), deletion.operation, deletion.request)
    except ClientError as error:
        if _is_gone(error) or code_of(error) in deletion.refused:
            return False
        raise
    while deletion.until_gone and description_of(clients, deletion) is not None:
        time.sleep(_LOCAL_PAUSE if clients.local else _PAUSE)
    return True


def stop(clients: Clients, wait: Wait) -> None:
    """Stops a job, unless it has come to its end meanwhile: AWS then refuses to."""
    from botocore.exceptions import ClientError

    assert wait.stop is not None  # noqa: S101 - asked by the caller
    try:
        call(clients.sagemaker, wait.stop, wait.request)
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise


def _each(clients: Clients, plan: Plan, deletion: Deletion) -> Iterator[Deletion]:
    """The deletion itself, and those of things that AWS alone has named."""
    if deletion.from_reply:
        yield from (Deletion(deletion.operation, {"ModelPackageName": arn}) for arn in _packages(clients, plan))
        return
    yield deletion
    if deletion.operation == "DeleteHyperParameterTuningJob":
        # Asked for when it has ended, and starts no more. They are found without it, too: AWS keeps them.
        beginning = f"{deletion.request['HyperParameterTuningJobName']}-"
        for name in sorted(named(clients, "TrainingJob", beginning)):
            yield deletion_of("TrainingJob", name)


def _packages(clients: Clients, plan: Plan) -> list[str]:
    """The ARNs of the model packages that this run registered: AWS numbers them, their archives tell whose they are."""
    from botocore.exceptions import ClientError

    group = plan.step("CreateModelPackageGroup")
    if group is None:
        return []
    name = group.request["ModelPackageGroupName"]
    try:
        pages = list(clients.sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name))
    except ClientError as error:
        if _is_gone(error):
            return []
        raise
    arns = [str(package["ModelPackageArn"]) for page in pages for package in page["ModelPackageSummaryList"]]
    return [arn for arn in arns if _is_own(clients.sagemaker.describe_model_package(ModelPackageName=arn), plan)]


def _is_own(description: dict[str, Any], plan: Plan) -> bool:
    containers = description.get("InferenceSpecification", {}).get("Containers", [])
    return any(str(container.get("ModelDataUrl", "")).startswith(f"{plan.root}/") for container in containers)


def description_of(clients: Clients, deletion: Deletion) -> dict[str, Any] | None:
    """What AWS says of the thing; None where it is gone."""
    from botocore.exceptions import ClientError

    assert deletion.wait is not None  # noqa: S101 - asked by the callers
    try:
        return call(clients.sagemaker, deletion.wait.describe, deletion.wait.request)
    except ClientError as error:
        if _is_gone(error):
            return None
        raise


def until_ended(clients: Clients, deletion: Deletion) -> None:
    """Waits until a job or a change of an endpoint has come to its end, well or not."""
    wait = deletion.wait
    assert wait is not None  # noqa: S101 - as above
    while (found := description_of(clients, deletion)) is not None:
        if wait.is_over(found):
            return
        time.sleep(_LOCAL_PAUSE if clients.local else _PAUSE)


def _is_gone(error: Any) -> bool:
    words = _GONE.get(code_of(error), ())
    return any(word in message_of(error).lower() for word in words)


def delete_objects(s3: Any, uri: str) -> int:
    """Deletes all objects below a URI; returns how many there were."""
    bucket, prefix = split(f"{uri}/")
    removed = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        keys = [{"Key": found["Key"]} for found in page.get("Contents", [])]
        if keys:
            reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
            for kept in reply.get("Errors", ()):
                raise StepError(
                    "cleanup", f"s3://{bucket}/{kept.get('Key')}: {kept.get('Code')}: {kept.get('Message')}"
                )
            removed += len(keys)
    return removed
