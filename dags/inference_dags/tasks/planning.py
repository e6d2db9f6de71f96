"""Before the first job: the run's requests, its files in S3, and whether to tune."""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

from airflow.providers.common.compat.sdk import get_current_context, task

from inference_dags.tasks.glue import glue_values
from inference_dags.this_run import clients_of, given_rows, plan_of, said_plainly

log = logging.getLogger("airflow.task")


def plan_task(file: str) -> Any:
    """Returns `root`, the URI of the run's files, `fills`, what a job is yet to find out, and each step's request."""

    @task(task_id="plan", multiple_outputs=True)
    @said_plainly
    def plan() -> dict[str, Any]:
        _, planned = plan_of(file, get_current_context())
        fills = {step.name: dataclasses.asdict(step.fill) for step in planned.steps if step.fill is not None}
        requests = {step.name: dict(step.request) for step in planned.steps}
        return {"root": planned.root, "fills": fills, **requests, **glue_values(requests)}

    return plan()


def upload_task(file: str, planned: Any) -> Any:
    """Rows, contract and code: again from the beginning, where it is done again."""

    @task(task_id="upload")
    @said_plainly
    def upload(root: str) -> int:
        import tempfile
        from pathlib import Path

        from pipeline.run.data import find_data
        from pipeline.sending.cleanup import delete_objects
        from pipeline.sending.clients import failing_as
        from pipeline.sending.send import send_uploads

        context = get_current_context()
        config, found = plan_of(file, context)
        clients = clients_of(config)
        with tempfile.TemporaryDirectory() as work, failing_as("upload"):
            given = given_rows(context["params"])
            if given is not None or not (config.data.location or "").startswith("s3://"):
                rows = find_data(config, given, Path(file).parent, Path(work))
                log.info("rows: %s", rows.name)
                found = plan_of(file, context, rows.path)[1]
            for folder in ("input", "code"):
                delete_objects(clients.s3, f"{root}/{folder}")
            return send_uploads(found, clients)

    return upload(planned["root"])


def branch_task() -> Any:
    """One training job, or a tuning job, as the param `tune` says."""

    @task.branch(task_id="train_or_tune")
    def train_or_tune() -> str:
        return "tuning" if get_current_context()["params"]["tune"] else "training"

    return train_or_tune()
