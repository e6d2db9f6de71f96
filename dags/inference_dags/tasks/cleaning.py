"""At the end of a run, whatever happened."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.common.compat.sdk import get_current_context, task

from inference_dags.this_run import clients_of, plan_of, said_plainly

log = logging.getLogger("airflow.task")


def clean_up_task(file: str, planned: Any) -> Any:
    """A teardown: stops what still runs and deletes what was superseded, or all that the run made."""

    # When the run's time is over it has its own.
    @task(task_id="clean_up", pre_execute=None)
    @said_plainly
    def clean_up() -> None:
        from pipeline.sending.kin import clear_run, tidy_run

        context = get_current_context()
        config, plan = plan_of(file, context)
        clients = clients_of(config)
        if context["params"]["clean_up"]:
            clear_run(plan, clients, log.info)
            return
        tidy_run(plan, clients, log.info, list(_names(context)))

    return clean_up().as_teardown(setups=planned)


def _names(context: Any) -> Any:
    """The names of the model and the endpoint's configuration that this run has come to."""
    for key, member in (("model", "ModelName"), ("endpoint-config", "EndpointConfigName")):
        request = context["ti"].xcom_pull(task_ids="package", key=key)
        if request:
            yield request[member]
