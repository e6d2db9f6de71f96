"""The jobs: the provider's operators, as the section `airflow` wants them to wait."""

from __future__ import annotations

import math
from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerProcessingOperator,
    SageMakerTrainingOperator,
    SageMakerTransformOperator,
    SageMakerTuningOperator,
)

from inference_dags.deadline import Hook, in_time
from inference_dags.hooks import making_way, telling_why
from inference_dags.this_run import RETRIES
from pipeline.config import PipelineConfig

# The provider looks so often at most where it cannot be told.
_MOST_LOOKS = 480
# The provider shows a job's log in steps of so many seconds.
_LOG_SECONDS = 30


def common(config: PipelineConfig, before: Hook) -> dict[str, Any]:
    """What all operators are told; `before` is called while the run has time left."""
    return {
        "pre_execute": in_time(config.airflow.timeout_minutes, before),
        "aws_conn_id": config.airflow.connection,
        "region_name": config.sagemaker.region,
        "botocore_config": RETRIES,
    }


class Jobs:
    """The operators of one pipeline's jobs; each gets its request from a task before."""

    def __init__(self, config: PipelineConfig) -> None:
        self._config = config
        section = config.airflow
        self._seconds = 60 * (section.task_timeout_minutes or section.timeout_minutes)

    def processing(self, planned: Any) -> Any:
        """The Spark job."""
        more = self.waiting("ProcessingJob", looks=True)
        return SageMakerProcessingOperator(task_id="processing", config=planned["processing"], **more)

    def training(self, planned: Any) -> Any:
        """One training job."""
        more = self.waiting("TrainingJob", looks=True)
        shown = self._config.airflow.poll_seconds >= _LOG_SECONDS
        return SageMakerTrainingOperator(task_id="training", config=planned["training"], print_log=shown, **more)

    def tuning(self, planned: Any) -> Any:
        """The search for hyperparameters."""
        more = self.waiting("HyperParameterTuningJob")
        return SageMakerTuningOperator(task_id="tuning", config=planned["tuning"], **more)

    def transform(self, package: Any) -> Any:
        """The batch transform."""
        more = self.waiting("TransformJob", looks=True)
        return SageMakerTransformOperator(task_id="transform", config=package["transform"], **more)

    def waiting(self, kind: str, *, looks: bool = False) -> dict[str, Any]:
        """How an operator waits; `looks` says that it can be told how often to look."""
        section = self._config.airflow
        pause = section.poll_seconds
        if section.deferrable and not looks:
            pause = max(pause, math.ceil(self._seconds / _MOST_LOOKS))
        return {
            **common(self._config, making_way(self._config, kind)),
            "check_interval": pause,
            "deferrable": section.deferrable,
            "max_ingestion_time": self._seconds,
            "on_failure_callback": telling_why(self._config, kind),
            **({"max_attempts": math.ceil(self._seconds / pause)} if looks else {}),
        }
