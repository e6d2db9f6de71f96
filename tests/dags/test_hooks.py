"""What is done around the operators is told of the task that runs: what the context names may be unrendered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from dag_cases import BUCKET, Airflow
from service_cases import ROLE

pytestmark = pytest.mark.filterwarnings("ignore")

ROOT_URI = f"s3://{BUCKET}/inference-pipeline/hooks/run"
EXTRAS = {"ModelPackageGroupName": "group"}
PULLED = {"root": ROOT_URI, "fills": {}, "model-package": EXTRAS}


def context(task: Any) -> Any:
    """A context as Airflow 3.0 has it: the task as the DAG has it, and the instance's own."""
    ti = SimpleNamespace(task=task, xcom_pull=lambda task_ids, key: PULLED[key])
    return {"task": None, "ti": ti}


def config(airflow: Airflow) -> Any:
    return SimpleNamespace(
        sagemaker=SimpleNamespace(region="us-east-1"), airflow=SimpleNamespace(connection=None, timeout_minutes=1)
    )


def test_a_request_is_prepared_in_the_task_that_runs(airflow: Airflow) -> None:
    from inference_dags.hooks import making_way, telling_why, updated

    request = {"ModelName": "hooks-none", "ExecutionRoleArn": ROLE}
    task = SimpleNamespace(task_id="model", config=request)
    making_way(config(airflow), "Model")(context(task))
    assert task.config == request
    task.config = {"TrainingJobName": "hooks-none"}
    telling_why(config(airflow), "TrainingJob")(context(task))
    task.config = {"EndpointConfigName": "new"}
    updated(context(task), {"Endpoint": {"EndpointName": "e", "EndpointConfigName": "new"}})


def test_a_version_is_registered_by_the_task_that_runs(airflow: Airflow) -> None:
    from inference_dags.tasks.modelling import _take_request

    task = SimpleNamespace(extras=None)
    _take_request(context(task))
    assert task.extras == EXTRAS


def test_glue_s_job_is_that_of_the_task_that_runs(airflow: Airflow) -> None:
    from inference_dags.tasks.glue import _begin_anew, _telling_why

    task = SimpleNamespace(job_name="hooks-none-etl")
    for hook in (_begin_anew, _telling_why):
        hook(config(airflow))(context(task))


def test_what_the_evaluation_returns_is_one_value(airflow: Airflow) -> None:
    # Airflow 3.0 takes no null for a value by itself.
    assert not airflow.bag().dags["serving"].task_dict["evaluate"].multiple_outputs
