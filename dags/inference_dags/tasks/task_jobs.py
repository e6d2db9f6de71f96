"""Tasks as SageMaker's processing jobs."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.operators.sagemaker import SageMakerProcessingOperator
from airflow.providers.common.compat.sdk import get_current_context, task

from inference_dags.tasks.jobs import Jobs
from inference_dags.this_run import clients_of, run_key, said_plainly, settings_of
from pipeline.config.airflow import Airflow
from pipeline.config.sagemaker import SageMaker
from pipeline.config.tasks import Task, TaskFile
from pipeline.tasks.commands import names_of

if TYPE_CHECKING:
    from pipeline.plan import Plan

log = logging.getLogger("airflow.task")


@dataclass(frozen=True)
class _Aws:
    """What a pipeline of tasks says of AWS, by the names that it has in a pipeline that trains."""

    airflow: Airflow
    sagemaker: SageMaker


class TaskJobs:
    """The operators of a pipeline's jobs, and what comes before and after them."""

    def __init__(self, file: TaskFile, name: str, path: Path) -> None:
        self._jobs = Jobs(_aws(file, name))
        self._name, self._path = name, str(path)
        self._planned = self._plan()
        self.uploaded = self._upload()

    def processing(self, one: Task, more: Mapping[str, Any]) -> Iterator[Any]:
        """A job for each instance of a task."""
        for name in names_of(one):
            yield SageMakerProcessingOperator(
                task_id=name,
                config=self._planned[_key(name)],
                doc=one.description or None,
                **self._jobs.waiting("ProcessingJob", looks=True),
                **more,
            )

    def clean_up(self) -> Any:
        """A teardown: stops what still runs."""
        path, pipeline = self._path, self._name

        # When the run's time is over it has its own.
        @task(task_id="clean_up", pre_execute=None)
        @said_plainly
        def clean_up() -> None:
            from pipeline.sending.kin import tidy_run

            config, plan = _plan_of(path, pipeline, get_current_context())
            tidy_run(plan, clients_of(config), log.info)

        return clean_up().as_teardown(setups=self._planned)

    def _plan(self) -> Any:
        path, pipeline = self._path, self._name

        @task(task_id="plan", multiple_outputs=True)
        @said_plainly
        def plan() -> dict[str, Any]:
            _, planned = _plan_of(path, pipeline, get_current_context())
            requests = {_key(step.name): dict(step.request) for step in planned.steps}
            return {"root": planned.root, "fills": {}, **requests}

        return plan()

    def _upload(self) -> Any:
        path, pipeline = self._path, self._name

        @task(task_id="upload")
        @said_plainly
        def upload(root: str) -> int:
            from pipeline.sending.cleanup import delete_objects
            from pipeline.sending.clients import failing_as
            from pipeline.sending.send import send_uploads

            config, planned = _plan_of(path, pipeline, get_current_context())
            clients = clients_of(config)
            with failing_as("upload"):
                delete_objects(clients.s3, f"{root}/code")
                return send_uploads(planned, clients)

        return upload(self._planned["root"])


def _plan_of(path: str, pipeline: str, context: Mapping[str, Any]) -> tuple[Any, Plan]:
    """The plan of this run's jobs."""
    from pipeline.config import load_task_file
    from pipeline.plan.tasks import plan_tasks

    file = load_task_file(path)
    tasks = file.pipelines[pipeline]
    config = _aws(file, pipeline)
    chosen = [one.name for one in tasks.tasks if file.executor_of(tasks, one).type == "sagemaker"]
    key = run_key(context["dag"].dag_id, context["run_id"])
    return config, plan_tasks(file, pipeline, settings_of(config), key, only=chosen)


def _aws(file: TaskFile, name: str) -> Any:
    section = file.sagemaker
    airflow = Airflow(
        connection=section.connection,
        poll_seconds=section.poll_seconds,
        deferrable=section.deferrable,
        timeout_minutes=math.ceil(file.pipelines[name].timeout_minutes),
    )
    return _Aws(airflow, section.section())


def _key(step: str) -> str:
    """The name of a request between tasks, whatever its task is called."""
    return f"request-{step}"
