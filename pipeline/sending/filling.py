"""A request as it is sent: completed by what an earlier job found out, and checked once more."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

from pipeline.config.section import text
from pipeline.errors import StepError
from pipeline.plan.check import check
from pipeline.plan.steps import Step
from pipeline.sending.objects import read


def filled(step: Step, s3: Any) -> Step:
    """The step with the members that its `fill` names, as text.

    Raises StepError where they are not to be had, and ConfigError where AWS would not take the request as it is by now.
    """
    from botocore.exceptions import ClientError

    if step.fill is None:
        return check(step)
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
    return check(replace(step, request=request))
