"""A request completed by what an earlier job found out."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

from pipeline.config.section import text
from pipeline.errors import StepError
from pipeline.plan.steps import Step
from pipeline.sending.objects import read


def filled(step: Step, s3: Any) -> Step:
    """The step with the members that its `fill` names, as text; raises StepError where they are not to be had."""
    from botocore.exceptions import ClientError

    if step.fill is None:
        return step
    try:
        known = json.loads(read(s3, step.fill.uri))
    except (ClientError, ValueError) as error:
        raise StepError(
            step.name, f"{step.fill.uri} cannot be read: {error}", hint="has the job before run?"
        ) from error
    request: dict[str, Any] = copy.deepcopy(dict(step.request))
    for member, key in step.fill.members.items():
        if key not in known:
            raise StepError(step.name, f"{step.fill.uri} says no {key}")
        *holders, last = member.split(".")
        place = request
        for holder in holders:
            place = place[holder]
        place[last] = text(known[key])
    return replace(step, request=request)
