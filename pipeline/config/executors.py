"""The sections `executors` and `volumes` of a file of tasks: where tasks run, and what they keep."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from pipeline.config.section import S3Uri, Scalar, Section

ExecutorType = Literal["local", "sagemaker", "kubernetes"]
# As Kubernetes writes them: 2, 500m, 1.5; 4Gi, 512Mi.
Cpu = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?m?$")]
Memory = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?([EPTGMk]i?|m)?$")]

_KEYS = {
    "local": frozenset[str](),
    "sagemaker": frozenset({"instance_type", "volume_size"}),
    "kubernetes": frozenset(
        {
            "namespace",
            "service_account",
            "cpu",
            "memory",
            "cpu_limit",
            "memory_limit",
            "node_selector",
            "image_pull_policy",
            "image_pull_secret",
            "connection",
            "in_cluster",
        }
    ),
}


class Executor(Section):
    """Where tasks run: as processes of this machine or of Airflow's worker, as SageMaker's jobs, or as pods."""

    type: ExecutorType
    instance_type: str | None = Field(None, description="sagemaker: of the processing job")
    volume_size: int | None = Field(None, ge=1, description="sagemaker: GiB an instance")
    namespace: str = Field("default", description="kubernetes")
    service_account: str | None = None
    cpu: Cpu | None = Field(None, description="kubernetes: what a pod asks for")
    memory: Memory | None = Field(None, description="kubernetes: what a pod asks for")
    cpu_limit: Cpu | None = None
    memory_limit: Memory | None = None
    node_selector: dict[str, str] = Field({})
    image_pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    image_pull_secret: str | None = None
    connection: str | None = Field(None, description="kubernetes: Airflow's connection to the cluster")
    in_cluster: bool | None = Field(None, description="kubernetes: whether Airflow itself runs in the cluster")

    @model_validator(mode="after")
    def _fits_its_type(self) -> Executor:
        others = self.model_fields_set - {"type"} - _KEYS[self.type]
        if others:
            raise ValueError(f"{', '.join(sorted(others))} is not for type: {self.type}")
        return self


class Volume(Section):
    """What outlives a task: a folder here, objects in S3 for SageMaker's jobs, a claim for pods."""

    folder: str = Field(description="relative to this file")
    uri: S3Uri | None = Field(None, description="sagemaker: a folder in the bucket by default")
    claim: str | None = Field(None, description="kubernetes: the PersistentVolumeClaim; NAME-pvc by default")


Variables = dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]\w*$")], Scalar]
