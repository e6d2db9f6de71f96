"""The endpoint: created, or moved on to the new model."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import SageMakerEndpointConfigOperator, SageMakerEndpointOperator
from airflow.providers.common.compat.sdk import Asset, get_current_context, task

from inference_dags.hooks import making_way, updated
from inference_dags.tasks.jobs import Jobs, common
from pipeline.config import PipelineConfig


def deploy_tasks(config: PipelineConfig, good: Any, package: Any) -> Any:
    """After `good`, where the param `deploy` says so: configuration and endpoint. Returns the last task."""

    @task.short_circuit(task_id="deploy")
    def deploy() -> bool:
        return bool(get_current_context()["params"]["deploy"])

    made = SageMakerEndpointConfigOperator(
        task_id="endpoint_config",
        config=package["endpoint-config"],
        **common(config, making_way(config, "EndpointConfig")),
    )
    # The operator updates an endpoint that is there already.
    endpoint = SageMakerEndpointOperator(
        task_id="endpoint",
        config=package["endpoint"],
        outlets=[Asset(f"sagemaker://{config.name}/endpoint")],
        post_execute=updated,
        **Jobs(config).waiting("Endpoint"),
    )
    good >> deploy() >> made >> endpoint
    return endpoint
