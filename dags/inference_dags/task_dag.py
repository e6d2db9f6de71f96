"""One pipeline of a file of tasks as a DAG."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG

from inference_dags.deadline import in_time
from pipeline.config.tasks import Task, TaskFile, TaskPipeline
from pipeline.tasks.commands import names_of


def task_dag(file: TaskFile, name: str, path: Path) -> DAG:
    """The DAG of a pipeline, of its name: the tasks in their order, each where its executor says."""
    pipeline = file.pipelines[name]
    with DAG(
        name,
        description=pipeline.description or file.description,
        doc_md=_document(file, name, path),
        schedule=pipeline.schedule,
        start_date=datetime.datetime.combine(pipeline.start_date, datetime.time(), datetime.UTC),
        catchup=False,
        # Runs share the volumes.
        max_active_runs=1,
        tags=list(pipeline.tags),
        default_args={
            "owner": file.owner_of(pipeline),
            "retries": pipeline.retries,
            "retry_delay": datetime.timedelta(seconds=pipeline.retry_delay),
            "execution_timeout": datetime.timedelta(minutes=pipeline.timeout_minutes),
            "pre_execute": in_time(pipeline.timeout_minutes),
        },
        # Whoever loads it says where it is known.
        auto_register=False,
    ) as dag:
        _tasks(file, name, pipeline, path)
    return dag


def _tasks(file: TaskFile, name: str, pipeline: TaskPipeline, path: Path) -> None:
    jobs: Any = None
    if any(file.executor_of(pipeline, task).type == "sagemaker" for task in pipeline.tasks):
        # Operators of services that no task needs take long to import.
        from inference_dags.tasks.task_jobs import TaskJobs

        jobs = TaskJobs(file, name, path)
    before: list[Any] = [] if jobs is None else [jobs.uploaded]
    for task in pipeline.tasks:
        operators = _operators(file, pipeline, task, jobs)
        for earlier in before:
            earlier >> operators
        before = operators
    if jobs is not None:
        before >> jobs.clean_up()


def _operators(file: TaskFile, pipeline: TaskPipeline, task: Task, jobs: Any) -> list[Any]:
    """A task's operators, one for each instance."""
    executor = file.executor_of(pipeline, task)
    more = {}
    if task.timeout_minutes is not None:
        more["execution_timeout"] = datetime.timedelta(minutes=task.timeout_minutes)
    if executor.type == "sagemaker":
        return list(jobs.processing(task, more))
    if executor.type == "kubernetes":
        from inference_dags.tasks.pods import pods

        return pods(file, task, executor, more)
    from inference_dags.tasks.shell import shells

    return shells(file, task, more)


def _document(file: TaskFile, name: str, path: Path) -> str:
    pipeline = file.pipelines[name]
    rows = "".join(
        f"| `{task.name}` | {task.description} | `{task.cmd}` | {file.executor_of(pipeline, task).type} |\n"
        for task in pipeline.tasks
    )
    order = [", ".join(names_of(task)) for task in pipeline.tasks]
    if any(file.executor_of(pipeline, task).type == "sagemaker" for task in pipeline.tasks):
        order = ["plan", "upload", *order, "clean_up"]
    return (
        f"# {name}\n\n{pipeline.description or file.description}\n\n```\n{' > '.join(order)}\n```\n\n"
        f"| task | what it does | command | runs |\n|---|---|---|---|\n{rows}\nMade from `{path}`.\n"
    )
