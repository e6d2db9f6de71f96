"""The section `sagemaker`: what the requests to SageMaker say beyond the pipeline itself.

What may differ from place to place (role, bucket, keys, network, tags, instance types, volume sizes) may be left out:
it is then looked for in the environment and in a secret, see `pipeline.plan.settings`. Limits of single values are not
repeated here: the requests are held against AWS's own.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipeline.config.sagemaker_endpoint import Endpoint
from pipeline.config.sagemaker_jobs import ProcessingJob, TrainingJob, TransformJob, TuningJob
from pipeline.config.section import Name, Scalar, Section

SecretKey = Literal[
    "role",
    "bucket",
    "prefix",
    "kms_key",
    "vpc.subnets",
    "vpc.security_groups",
    "tags",
    "glue.role",
    "processing.role",
    "training.role",
    "model.role",
    "processing.instance_type",
    "processing.volume_size",
    "training.instance_type",
    "training.volume_size",
    "endpoint.instance_type",
    "transform.instance_type",
]
# A version of AWS's image, or the whole URI of another.
Image = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=255)]


class Secret(Section):
    """A secret of AWS Secrets Manager, a JSON object, read only where what it holds is said nowhere else."""

    name: str = Field(min_length=1, description="its name or ARN")
    holds: tuple[SecretKey, ...] = Field(strict=False, min_length=1, description="the keys of this section in it")


class Vpc(Section):
    """The network of jobs and endpoints."""

    subnets: tuple[str, ...] = Field((), strict=False)
    security_groups: tuple[str, ...] = Field((), strict=False)


class Images(Section):
    """Versions of AWS's images, or URIs of copies and of one's own."""

    spark: Image = "3.5"
    xgboost: Image = "3.2-0"
    factorization_machines: Image = "1"
    sparkml: Image = "3.3"
    own: Image | None = Field(None, description="the URI of the image built from docker/Dockerfile, for layout image")


class Model(Section):
    """How the model is laid out in containers.

    `two-containers`: AWS's SparkML image, then AWS's XGBoost image. `fused`: one XGBoost image whose archive brings
    the scorer. `image`: one image of one's own.
    """

    layout: Literal["two-containers", "fused", "image"] = "fused"
    role: str | None = Field(None, description="of models and their transform jobs; sagemaker.role by default")
    wheels: str | None = Field(
        None, description="folder of wheels for layout fused, where its container has no network; relative to this file"
    )
    environment: dict[str, str] = Field({}, description="variables of every container")


class Registration(Section):
    """The model package that a run adds to a group of SageMaker's model registry."""

    group: Name
    description: str = ""
    approval: Literal["PendingManualApproval", "Approved", "Rejected"] = "PendingManualApproval"
    metadata: dict[str, str] = Field({})


class Surroundings(Section):
    """What jobs of every kind are told: place, role, network, keys, tags."""

    region: str | None = None
    role: str | None = Field(None, description="the ARN of the execution role")
    bucket: str | None = None
    prefix: str | None = Field(None, description="in front of all keys; inference-pipeline by default")
    kms_key: str | None = Field(None, description="encrypts volumes and results; a key's id, ARN or alias")
    vpc: Vpc = Vpc()
    tags: dict[str, Scalar] = Field({})
    secret: Secret | None = None
    network_isolation: bool = Field(False, description="containers get no network")
    encrypt_traffic: bool = Field(False, description="between the instances of one job")


class SageMaker(Surroundings):
    """The jobs, models and endpoints of a run, on AWS and on one machine."""

    images: Images = Images()
    processing: ProcessingJob = ProcessingJob()
    training: TrainingJob = TrainingJob()
    tuning: TuningJob | None = Field(None, description="many training jobs in search of hyperparameters, not one")
    model: Model = Model()
    endpoint: Endpoint | None = Endpoint()
    transform: TransformJob | None = TransformJob()
    registration: Registration | None = None
