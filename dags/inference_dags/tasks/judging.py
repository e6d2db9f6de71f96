"""Whether the model is good enough."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.common.compat.sdk import get_current_context, task

from inference_dags.this_run import clients_of, plan_of, said_plainly

log = logging.getLogger("airflow.task")


def evaluate_task(file: str, package: Any) -> Any:
    """Measures the model, and the one that serves, on the test rows; returns evaluation.json, which it writes."""

    # Its values may be null, which Airflow 3.0 takes for no output's.
    @task(task_id="evaluate", multiple_outputs=False)
    @said_plainly
    def evaluate(model: dict[str, Any]) -> dict[str, Any]:
        from pipeline.evaluation.compare import compare
        from pipeline.plan.model import archives_of
        from pipeline.sending.clients import failing_as

        config, planned = plan_of(file, get_current_context())
        clients = clients_of(config)
        endpoint = planned.step("endpoint")
        with failing_as("evaluate"):
            found = compare(
                config,
                clients,
                root=planned.root,
                archives=archives_of(model),
                endpoint=endpoint.thing_name if endpoint else None,
            )
        log.info("%s rows: %s", found["rows"], found["metrics"])
        return found

    return evaluate(package["model"])


def gate_task(evaluation: Any) -> Any:
    """Lets nothing after it run where the model is not good enough, and says why."""

    @task.short_circuit(task_id="gate")
    def gate(found: dict[str, Any]) -> bool:
        for reason in found["gate"]["reasons"]:
            log.warning("the gate stays closed: %s", reason)
        return bool(found["gate"]["passed"])

    return gate(evaluation)
