"""What is done around the provider's operators: before they send a request once more, and when its job has failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from airflow.providers.common.compat.sdk import AirflowException

from inference_dags.deadline import Hook, is_resumed
from inference_dags.this_run import clients_of
from pipeline.config import PipelineConfig

_LAST_LINES = 20
# What the log of an operator's task says too, see make_way.
log = logging.getLogger("airflow.task")


def making_way(config: PipelineConfig, kind: str) -> Hook:
    """Before a request of this kind: nothing of an earlier try may mix with it or have its name; its data is listed."""

    def make_way_for(context: Mapping[str, Any]) -> None:
        from pipeline.plan.steps import Fill, Step
        from pipeline.sending.filling import filled
        from pipeline.sending.manifests import with_manifests
        from pipeline.sending.repeating import make_way

        if is_resumed(context["ti"]):
            return
        task = context["ti"].task
        clients = clients_of(config)
        root, fills = (context["ti"].xcom_pull(task_ids="plan", key=key) for key in ("root", "fills"))
        make_way(clients, kind, task.config, root, log.info)
        fill = Fill(**fills[task.task_id]) if task.task_id in fills else None
        step = filled(Step(task.task_id, f"Create{kind}", task.config, fill=fill), clients.s3)
        # The operators look for the data themselves, before they send.
        task.config = with_manifests(step.request, clients.s3, task.task_id, root)

    return make_way_for


def telling_why(config: PipelineConfig, kind: str) -> Hook:
    """After a failure: the last lines of the job, which AWS's own reason does not hold."""

    def tell_why(context: Mapping[str, Any]) -> None:
        from pipeline.plan.waits import wait_for
        from pipeline.sending.log_lines import LogLines

        name = context["ti"].task.config.get(f"{kind}Name")
        logs = wait_for(f"Create{kind}", name).logs
        if logs is None:
            return
        clients = clients_of(config)
        lines = LogLines(clients.logs, logs)
        for _ in lines.new():
            pass
        for line in list(lines.last)[-_LAST_LINES:]:
            log.error("%s | %s", name, line)

    return tell_why


def updated(context: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """After an update of an endpoint: one that was taken back is in service too, with the model it had before."""
    wanted = context["ti"].task.config["EndpointConfigName"]
    endpoint = result["Endpoint"]
    if endpoint["EndpointConfigName"] != wanted:
        reason = endpoint.get("FailureReason", f"it serves {endpoint['EndpointConfigName']} again")
        raise AirflowException(f"the update of {endpoint['EndpointName']} was taken back: {reason}")
