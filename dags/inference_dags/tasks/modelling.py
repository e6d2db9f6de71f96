"""The model: its archives, itself, and its version in the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerModelOperator,
    SageMakerRegisterModelVersionOperator,
)
from airflow.providers.common.compat.sdk import Asset, get_current_context, task

from inference_dags.hooks import making_way
from inference_dags.tasks.jobs import common
from inference_dags.this_run import clients_of, plan_of, said_plainly
from pipeline.config import PipelineConfig
from pipeline.config.sagemaker import Registration


def package_task(file: str) -> Any:
    """Packs what the jobs left, and returns the requests that are made of it, by their step's name."""

    # One of training and tuning is skipped.
    @task(task_id="package", multiple_outputs=True, trigger_rule="none_failed_min_one_success")
    @said_plainly
    def package() -> dict[str, Any]:
        from pipeline.sending.clients import failing_as
        from pipeline.sending.release import release

        context = get_current_context()
        config, planned = plan_of(file, context)
        clients = clients_of(config)
        with failing_as("package"):
            return release(planned, config, clients, _trained(context, clients))

    return package()


def model_task(config: PipelineConfig, package: Any) -> Any:
    """The model of SageMaker's; other DAGs may wait for it by its asset."""
    return SageMakerModelOperator(
        task_id="model",
        config=package["model"],
        outlets=[Asset(f"sagemaker://{config.name}/model")],
        **common(config, making_way(config, "Model")),
    )


def registration_task(config: PipelineConfig, registration: Registration) -> Any:
    """A version in the model registry; the same model is the same version, by the request's token."""
    return SageMakerRegisterModelVersionOperator(
        task_id="register",
        # All of these come with the request: the operator itself knows a single container and no metadata.
        image_uri="",
        model_url="",
        package_group_name=registration.group,
        package_desc=config.description,
        **common(config, _take_request),
    )


def _take_request(context: Mapping[str, Any]) -> None:
    context["ti"].task.extras = context["ti"].xcom_pull(task_ids="package", key="model-package")


def _trained(context: Mapping[str, Any], clients: Any) -> str:
    """The archive of the training job, or of the best one of the tuning job, by what the operators returned."""
    if not context["params"].get("tune"):
        training = context["ti"].xcom_pull(task_ids="training")["Training"]
    else:
        best = context["ti"].xcom_pull(task_ids="tuning")["Tuning"]["BestTrainingJob"]["TrainingJobName"]
        training = clients.sagemaker.describe_training_job(TrainingJobName=best)
    return str(training["ModelArtifacts"]["S3ModelArtifacts"])
