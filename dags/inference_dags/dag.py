"""One pipeline file as a DAG."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from airflow.providers.common.compat.sdk import DAG, Asset

from inference_dags.deadline import in_time
from inference_dags.document import document
from inference_dags.params import params
from inference_dags.tasks.cleaning import clean_up_task
from inference_dags.tasks.deploying import deploy_tasks
from inference_dags.tasks.glue import glue_task
from inference_dags.tasks.jobs import Jobs
from inference_dags.tasks.judging import evaluate_task, gate_task
from inference_dags.tasks.modelling import model_task, package_task, registration_task
from inference_dags.tasks.planning import branch_task, plan_task, upload_task
from pipeline.config import PipelineConfig
from pipeline.config.airflow import OnAssets


def pipeline_dag(config: PipelineConfig, file: Path) -> DAG:
    """The DAG of a pipeline file, named as the pipeline is; `file` is read again by each task that needs it."""
    section = config.airflow
    with DAG(
        config.name,
        description=config.description,
        doc_md=document(config, file),
        schedule=_schedule(config),
        start_date=datetime.datetime.combine(section.start_date, datetime.time(), datetime.UTC),
        catchup=False,
        max_active_runs=section.max_active_runs,
        tags=list(section.tags),
        default_args={
            "owner": section.owner,
            "retries": section.retries,
            "retry_delay": datetime.timedelta(seconds=section.retry_delay),
            "execution_timeout": datetime.timedelta(minutes=section.task_timeout_minutes or section.timeout_minutes),
            "pre_execute": in_time(section.timeout_minutes),
        },
        # Whoever loads it says where it is known.
        auto_register=False,
    ) as dag:
        _tasks(config, str(file))
    # Last: each task would copy them.
    dag.params.update(params(config))
    return dag


def _tasks(config: PipelineConfig, file: str) -> None:
    jobs = Jobs(config)
    planned = plan_task(file)
    processing = jobs.processing(planned) if config.glue is None else glue_task(config, planned)
    training = jobs.training(planned)
    package = package_task(file)
    model = model_task(config, package)
    upload_task(file, planned) >> processing
    if config.sagemaker.tuning is None:
        processing >> training >> package
    else:
        processing >> branch_task() >> [training, jobs.tuning(planned)] >> package
    ends: list[Any] = []
    good = model
    if config.data.split.test:
        good = gate_task(evaluate_task(file, package))
        # A model that AWS refuses needs no gate.
        model >> good
    if config.sagemaker.registration is not None:
        ends.append(good >> registration_task(config, config.sagemaker.registration))
    if config.sagemaker.endpoint is not None:
        ends.append(deploy_tasks(config, good, package))
    if config.sagemaker.transform is not None:
        ends.append(model >> jobs.transform(package))
    (ends or good) >> clean_up_task(file, planned)


def _schedule(config: PipelineConfig) -> Any:
    schedule = config.airflow.schedule
    return [Asset(uri) for uri in schedule.assets] if isinstance(schedule, OnAssets) else schedule
