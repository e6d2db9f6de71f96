"""A training job's SecondaryStatus and the transitions that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MESSAGES = {
    "Starting": "Launching the training program",
    "Downloading": "Downloading input data",
    "Training": "Training in-progress",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


def advance(extra: Mapping[str, Any], status: str, now: float, message: str | None = None) -> dict[str, Any]:
    """The fields of a description that has come to another SecondaryStatus; the last transition ends where it begins.

    Clients print the transitions as a job's progress, each with its message.
    """
    transitions = [dict(transition) for transition in extra.get("SecondaryStatusTransitions", ())]
    message = message or _MESSAGES.get(status, status)
    if transitions and transitions[-1]["Status"] == status:
        transitions[-1]["StatusMessage"] = message
    else:
        if transitions:
            transitions[-1].setdefault("EndTime", now)
        transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})
    if status in {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded"}:
        transitions[-1]["EndTime"] = now
    return {"SecondaryStatus": status, "SecondaryStatusTransitions": transitions}
