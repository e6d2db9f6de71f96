"""What CloudFormation says of a stack while it works on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# What was given up because something else had failed.
_FOLLOWS = ("cancelled", "The following resource(s) failed")


class Events:
    """The events of one stack from now on, or all; `stack` is its id, which stays when it is gone."""

    def __init__(self, client: Any, stack: str, *, since_its_creation: bool = False) -> None:
        self._client, self._stack = client, stack
        self._seen: set[str] = set()
        self._failure: str | None = None
        if not since_its_creation:
            self._unseen()

    def new(self) -> Iterator[str]:
        """A line for each event since the last call, the oldest first."""
        for event in self._unseen():
            reason = str(event.get("ResourceStatusReason") or "")
            status, kind, name = event["ResourceStatus"], event["ResourceType"], event["LogicalResourceId"]
            is_first = self._failure is None and status.endswith("_FAILED")
            if is_first and reason and not any(word in reason for word in _FOLLOWS):
                self._failure = f"{name} ({kind}): {reason}"
            if kind != "AWS::CloudFormation::Stack":
                yield f"{status} {kind} {name}" + (f": {reason}" if status.endswith("_FAILED") else "")

    @property
    def first_failure(self) -> str | None:
        """The first resource that failed, and why."""
        return self._failure

    def _unseen(self) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=self._stack):
            fresh = [event for event in page["StackEvents"] if event["EventId"] not in self._seen]
            found += fresh
            if len(fresh) < len(page["StackEvents"]):
                break
        self._seen.update(event["EventId"] for event in found)
        return found[::-1]
