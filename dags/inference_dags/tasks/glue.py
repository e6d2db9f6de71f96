"""The Spark job where the pipeline file has a section `glue`."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from airflow.providers.amazon.aws.operators.glue import GlueJobOperator

from inference_dags.deadline import is_resumed
from inference_dags.tasks.jobs import common
from inference_dags.this_run import clients_of
from pipeline.config import PipelineConfig

# What the log of the operator's task says too.
log = logging.getLogger("airflow.task")


def glue_task(config: PipelineConfig, planned: Any) -> Any:
    """The provider's operator makes the job, runs it and waits for the run."""
    section = config.airflow
    pause = section.poll_seconds
    seconds = 60 * (section.task_timeout_minutes or section.timeout_minutes)
    return GlueJobOperator(
        task_id="processing",
        job_name=planned["glue-name"],
        create_job_kwargs=planned["glue-job"],
        script_args=planned["glue-arguments"],
        iam_role_arn=planned["glue-role"],
        # A run of an earlier try is ended, not taken up: see _begin_anew.
        durable=False,
        deferrable=section.deferrable,
        job_poll_interval=pause,
        waiter_delay=pause,
        waiter_max_attempts=math.ceil(seconds / pause),
        stop_job_run_on_kill=True,
        verbose=True,
        on_failure_callback=_telling_why(config),
        **common(config, _begin_anew(config)),
    )


def glue_values(requests: Mapping[str, Any]) -> dict[str, Any]:
    """What the operator is told, from the requests of a plan; nothing where these have no Glue job."""
    job = requests.get("glue-job")
    if job is None:
        return {}
    return {
        "glue-name": job["Name"],
        "glue-role": job["Role"],
        "glue-arguments": requests["processing"]["Arguments"],
    }


def _begin_anew(config: PipelineConfig) -> Any:
    def begin_anew(context: Mapping[str, Any]) -> None:
        from pipeline.sending.cleanup import delete_objects
        from pipeline.sending.clients import failing_as
        from pipeline.sending.glue_runs import end_runs, is_there

        if is_resumed(context["ti"]):
            return
        clients, name = clients_of(config), context["ti"].task.job_name
        root = context["ti"].xcom_pull(task_ids="plan", key="root")
        with failing_as("processing"):
            end_runs(clients, name)
            # The operator would run it as it is, with the settings of the earlier try.
            if is_there(clients, name):
                clients.of("glue").delete_job(JobName=name)
            delete_objects(clients.s3, f"{root}/etl")

    return begin_anew


def _telling_why(config: PipelineConfig) -> Any:
    """After a failure: Glue's reason, which the operator does not say."""

    def tell_why(context: Mapping[str, Any]) -> None:
        from pipeline.sending.glue_runs import last_run

        name = context["ti"].task.job_name
        run = last_run(clients_of(config), name)
        if run is not None:
            log.error("%s | %s: %s", name, run["JobRunState"], run.get("ErrorMessage", "no reason is given"))

    return tell_why
