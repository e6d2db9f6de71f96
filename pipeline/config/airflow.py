"""The section `airflow`: when the pipeline's DAG runs, and how its tasks behave."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from pipeline.config.section import Allowed, S3Uri, Section

# A cron expression of five or six fields, or one of Airflow's presets.
_FIELD = r"([0-9*?/,#LW-]|[A-Za-z]{3})+"
_CRON = rf"^(@(once|continuous|hourly|daily|weekly|monthly|yearly)|{_FIELD}( +{_FIELD}){{4,5}})$"
Cron = Annotated[str, StringConstraints(pattern=_CRON)]


class OnAssets(Section):
    """A run as soon as all of these have new data, by the word of whoever writes them."""

    assets: tuple[S3Uri, ...] = Field(strict=False, min_length=1)


_SCHEDULES = "input should be a cron expression, a preset such as @daily, assets: [s3://...], or null"


class Airflow(Section):
    """The pipeline's DAG."""

    schedule: Annotated[Cron | OnAssets, Allowed(_SCHEDULES)] | None = Field(
        None, description="cron, a preset such as @daily, assets: [s3://...], or null: only when somebody triggers it"
    )
    start_date: datetime.date = Field(
        datetime.date(2024, 1, 1), strict=False, description="no scheduled run is for a time before it, in UTC"
    )
    owner: str = Field("airflow", min_length=1)
    tags: tuple[str, ...] = Field((), strict=False)
    retries: int = Field(1, ge=0, description="of a task that failed")
    retry_delay: float = Field(60, ge=0, description="seconds before a retry")
    timeout_minutes: int = Field(24 * 60, ge=1, description="for a whole run")
    task_timeout_minutes: int | None = Field(None, ge=1, description="for one task; the run's by default")
    deferrable: bool = Field(False, description="a waiting task takes no worker: Airflow's triggerer waits for all")
    poll_seconds: int = Field(30, ge=1, description="between two looks at a job")
    max_active_runs: int = Field(1, ge=1)
    connection: str | None = Field(
        None, description="Airflow's connection to AWS; without one, the credentials that the workers have anyhow"
    )
    deploy: bool = Field(True, description="whether a run updates the endpoint, unless it is triggered otherwise")
    clean_up: bool = Field(
        False, description="whether a run deletes all it made at its end, the endpoint too, unless triggered otherwise"
    )
