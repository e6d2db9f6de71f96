"""One stack: created, updated or deleted, and followed until CloudFormation is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.cloud.clients import CloudClients
from pipeline.cloud.events import Events
from pipeline.errors import DeploymentError
from pipeline.sending.clients import message_of

Said = Callable[[str], None]
Change = Literal["created", "updated", "unchanged"]

_CAPABILITIES = ["CAPABILITY_IAM"]
_NO_CHANGES = "No updates are to be performed"
# States from which CloudFormation takes no update, and what helps.
_STUCK = {
    "DELETE_FAILED": "inference-pipeline destroy deletes what is left of it",
    "ROLLBACK_FAILED": "inference-pipeline destroy deletes what is left of it",
    "UPDATE_ROLLBACK_FAILED": "aws cloudformation continue-update-rollback --stack-name {name}, then deploy again",
}
# What a first creation that failed leaves: nothing that could be updated.
_EMPTY = ("ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "CREATE_FAILED")
_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")


@dataclass(frozen=True)
class Stack:
    """A stack as AWS describes it."""

    id: str
    name: str
    status: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


class Stacks:
    """The stacks of one region; `said` hears what CloudFormation does."""

    def __init__(self, clients: CloudClients, said: Said) -> None:
        self._client, self._pause, self._said = clients.cloudformation, clients.pause, said

    def find(self, name: str) -> Stack | None:
        """The stack of that name or id; None where there is none."""
        from botocore.exceptions import ClientError

        try:
            found = self._client.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in message_of(error):
                return None
            raise
        return Stack(
            id=found["StackId"],
            name=found["StackName"],
            status=found["StackStatus"],
            parameters={one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())},
            outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
        )

    def apply(
        self, name: str, body: str, parameters: Mapping[str, str], tags: Mapping[str, str]
    ) -> tuple[Stack, Change]:
        """Creates the stack, or changes it to what the template says, and waits for the end.

        Raises DeploymentError for a stack that CloudFormation takes no update for, and for a change that fails, with
        the first resource that failed.
        """
        stack = self._settled(name)
        if stack is not None and stack.status in _EMPTY:
            self._said(f"{name}: {stack.status}, deleted first")
            self.delete(name)
            stack = None
        if stack is not None and stack.status in _STUCK:
            hint = _STUCK[stack.status].format(name=name)
            raise DeploymentError(f"stack {name} is in state {stack.status}", hint=hint)
        request = {
            "StackName": name,
            "TemplateBody": body,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            "Capabilities": _CAPABILITIES,
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
        if stack is None:
            created = self._client.create_stack(**request)["StackId"]
            return self._finished(name, created, Events(self._client, created, since_its_creation=True)), "created"
        events = Events(self._client, stack.id)
        if not self._update(request):
            return stack, "unchanged"
        return self._finished(name, stack.id, events), "updated"

    def delete(self, name: str) -> bool:
        """Deletes a stack and waits until it is gone; False where there is none. Raises DeploymentError."""
        stack = self._settled(name)
        if stack is None:
            return False
        events = Events(self._client, stack.id)
        self._client.delete_stack(StackName=stack.id)
        done = self._followed(stack.id, events)
        if done is not None and done.status != "DELETE_COMPLETE":
            raise _failure(name, events, done.status)
        return True

    def buckets(self, name: str) -> list[str]:
        """The buckets that a stack has made."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=name)
        found = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return [
            str(resource["PhysicalResourceId"])
            for resource in found
            if resource["ResourceType"] == "AWS::S3::Bucket"
            and resource.get("PhysicalResourceId")
            and resource["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def _settled(self, name: str) -> Stack | None:
        """The stack, when whoever works on it is done."""
        stack = self.find(name)
        if stack is None or stack.status == "REVIEW_IN_PROGRESS" or not stack.status.endswith("_IN_PROGRESS"):
            return stack
        self._said(f"{name}: {stack.status}, waited for")
        return self._followed(stack.id, Events(self._client, stack.id), name=name)

    def _update(self, request: Mapping[str, Any]) -> bool:
        """Whether there is anything to update."""
        from botocore.exceptions import ClientError

        try:
            self._client.update_stack(**request)
        except ClientError as error:
            if _NO_CHANGES in message_of(error):
                return False
            raise
        return True

    def _finished(self, name: str, stack_id: str, events: Events) -> Stack:
        """The stack at the end of its creation or update. Raises DeploymentError where it is another than was meant."""
        done = self._followed(stack_id, events)
        if done is None or done.status not in _DONE:
            raise _failure(name, events, "" if done is None else done.status)
        return done

    def _followed(self, stack_id: str, events: Events, name: str | None = None) -> Stack | None:
        """The stack at the end of what CloudFormation does with it; None where it is gone."""
        while True:
            stack = self.find(stack_id)
            for line in events.new() if stack is not None else ():
                self._said(f"  {line}")
            if stack is None or not stack.status.endswith("_IN_PROGRESS"):
                gone = stack is None or stack.status == "DELETE_COMPLETE"
                return (self.find(name) if name else None) if gone else stack
            time.sleep(self._pause)


def _failure(name: str, events: Events, status: str) -> DeploymentError:
    reason = events.first_failure or "CloudFormation gives no reason"
    if status.startswith("DELETE"):
        return DeploymentError(f"stack {name} is not deleted: {reason}", hint="what it has made is left as it is")
    hint = "what was there before the update serves on" if status.startswith("UPDATE") else None
    return DeploymentError(f"stack {name}: {reason}", hint=hint or "deploy again once it is put right")
