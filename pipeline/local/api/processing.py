"""Processing jobs."""

from __future__ import annotations

from typing import Any

from pipeline.local import states
from pipeline.local.api.jobs import register_job
from pipeline.local.context import Context


def _prepare(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    context.images.resolve(request["AppSpecification"]["ImageUri"], "processing")
    return {}


FAMILY = register_job(states.PROCESSING_JOB, _prepare, descending=False)
