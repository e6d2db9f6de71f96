"""The end of a run's time: what runs then fails, nothing else begins, and its clean-up follows.

Airflow's own `dagrun_timeout` would skip whatever has not ended, the clean-up too.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowFailException

Hook = Callable[..., None]


def in_time(minutes: float, then: Hook | None = None) -> Hook:
    """Before a task: it gets what is left of its run's minutes, and fails where nothing is; then what else is to do."""

    def keep_in_time(context: Mapping[str, Any]) -> None:
        end = context["dag_run"].start_date + datetime.timedelta(minutes=minutes)
        left = end - _now()
        if left <= datetime.timedelta():
            raise AirflowFailException(f"the run's {minutes:g} minutes are over")
        if not is_resumed(context["ti"]):
            _limit(context["ti"].task, left)
        if then is not None:
            then(context)

    return keep_in_time


def is_resumed(ti: Any) -> bool:
    """Whether a deferred task goes on: its request has been sent."""
    from_server = getattr(ti, "_ti_context_from_server", None)
    return bool(getattr(from_server if from_server is not None else ti, "next_method", None))


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _limit(task: Any, left: datetime.timedelta) -> None:
    seconds = math.ceil(left.total_seconds())
    task.execution_timeout = min(task.execution_timeout, left)
    # How long the provider's operators wait while they are deferred.
    if hasattr(task, "max_ingestion_time"):
        task.max_ingestion_time = min(task.max_ingestion_time, seconds)
    if hasattr(task, "waiter_max_attempts"):
        task.waiter_max_attempts = min(task.waiter_max_attempts, math.ceil(seconds / task.waiter_delay))
