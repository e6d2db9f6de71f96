"""The section `sagemaker` of a file of tasks: what its processing jobs say beyond the tasks themselves."""

from __future__ import annotations

from pydantic import Field

from pipeline.config.sagemaker import SageMaker, Surroundings
from pipeline.config.sagemaker_jobs import ProcessingJob
from pipeline.config.section import Section


class TaskJob(Section):
    """The machines of a task, where its executor says no others."""

    role: str | None = Field(None, description="the ARN of its own role; sagemaker.role by default")
    instance_type: str | None = None
    volume_size: int | None = Field(None, ge=1, description="GiB an instance")


class TaskSageMaker(Surroundings):
    """Place, role and network of the jobs, found as those of a pipeline that trains; and how a DAG waits for them."""

    processing: TaskJob = TaskJob()
    connection: str | None = Field(None, description="Airflow's connection to AWS; the workers' own credentials else")
    poll_seconds: int = Field(30, ge=1, description="between two looks of a DAG at a job")
    deferrable: bool = Field(False, description="a waiting task takes no worker: Airflow's triggerer waits for all")

    def section(self) -> SageMaker:
        """The same as the section of a pipeline that trains, which settings are resolved from."""
        shared = {name: getattr(self, name) for name in Surroundings.model_fields}
        job = ProcessingJob(**self.processing.model_dump())
        return SageMaker.model_construct(**{**SageMaker().__dict__, **shared, "processing": job})
