"""Batch transform jobs."""

from __future__ import annotations

from typing import Any

from pipeline.local import states
from pipeline.local.api.jobs import register_job
from pipeline.local.api.models import FAMILY as MODELS
from pipeline.local.context import Context


def _prepare(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    MODELS.get(context, request["ModelName"])
    return {}


FAMILY = register_job(states.TRANSFORM_JOB, _prepare, descending=True, deletable=False)
