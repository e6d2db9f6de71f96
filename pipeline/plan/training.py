"""CreateTrainingJob: one of SageMaker's built-in algorithms."""

from __future__ import annotations

from typing import Any

from pipeline.errors import ConfigError
from pipeline.plan.algorithms import algorithm_of, image_keys
from pipeline.plan.context import Context
from pipeline.plan.images import is_uri
from pipeline.plan.places import CHECKPOINTS
from pipeline.plan.steps import Step
from pipeline.plan.waits import wait_for

NAME = "training"

KEYS = {
    "InputDataConfig": "prefix",
    "OutputDataConfig__S3OutputPath": "prefix",
    "OutputDataConfig__KmsKeyId": "kms_key",
    "CheckpointConfig__S3Uri": "prefix",
    "ResourceConfig__InstanceType": "training.instance_type",
    "ResourceConfig__InstanceCount": "sagemaker.training.instance_count",
    "ResourceConfig__VolumeSizeInGB": "training.volume_size",
    "ResourceConfig__VolumeKmsKeyId": "kms_key",
    "StoppingCondition__MaxRuntimeInSeconds": "sagemaker.training.max_runtime",
    "StoppingCondition__MaxWaitTimeInSeconds": "sagemaker.training.max_wait",
}


def training_step(context: Context) -> Step:
    """The request of one training job."""
    algorithm = algorithm_of(context.config)
    algorithm.check(context)
    name = context.name("train")
    request = {
        "TrainingJobName": name,
        "HyperParameters": algorithm.hyperparameters(context),
        **definition(context),
        **context.tags,
    }
    keys = context.keys(
        **KEYS, **image_keys(context.config), RoleArn=role_key(context), HyperParameters="training.hyperparameters"
    )
    fill = algorithm.fill(context, "HyperParameters")
    return Step(NAME, "CreateTrainingJob", request, wait_for("CreateTrainingJob", name), keys, fill=fill)


def definition(context: Context) -> dict[str, Any]:
    """What a training job and each of a tuning job's have in common."""
    job, settings = context.sagemaker.training, context.settings
    stopping = {"MaxRuntimeInSeconds": job.max_runtime}
    spot: dict[str, Any] = {"EnableManagedSpotTraining": job.spot}
    if job.spot:
        stopping["MaxWaitTimeInSeconds"] = job.max_wait or 2 * job.max_runtime
        if algorithm_of(context.config).checkpoints:
            spot["CheckpointConfig"] = {"S3Uri": context.places("checkpoints"), "LocalPath": CHECKPOINTS}
    return {
        "AlgorithmSpecification": _algorithm(context),
        "InputDataConfig": _channels(context),
        "OutputDataConfig": {
            "S3OutputPath": context.places("training"),
            "CompressionType": "GZIP",
            **context.encrypted(),
        },
        "ResourceConfig": {
            "InstanceType": settings.training_instance_type,
            "InstanceCount": job.instance_count,
            "VolumeSizeInGB": settings.training_volume_size,
            **context.encrypted("VolumeKmsKeyId"),
        },
        "StoppingCondition": stopping,
        **spot,
        "RoleArn": settings.training_role or settings.role,
        "EnableNetworkIsolation": context.sagemaker.network_isolation,
        "EnableInterContainerTrafficEncryption": context.sagemaker.encrypt_traffic,
        **context.vpc,
    }


def role_key(context: Context) -> str:
    """The setting that says the role."""
    return "training.role" if context.settings.training_role else "role"


def _algorithm(context: Context) -> dict[str, Any]:
    trained = algorithm_of(context.config)
    algorithm: dict[str, Any] = {
        "TrainingImage": context.image(trained.image),
        "TrainingInputMode": context.sagemaker.training.input_mode,
    }
    if is_uri(getattr(context.sagemaker.images, trained.image)):
        # AWS knows the metrics of its own image and refuses to be told them; it does not know a copy's.
        tuning = context.sagemaker.tuning
        algorithm["MetricDefinitions"] = trained.metric_definitions(context, tuning.objective if tuning else "")
    return algorithm


def _channels(context: Context) -> list[dict[str, Any]]:
    config, instances = context.config, context.sagemaker.training.instance_count
    if instances > config.training.shards:
        raise ConfigError(
            f"training.shards is {config.training.shards}, but sagemaker.training.instance_count is {instances}",
            hint=f"each instance reads files of its own: set training.shards to {instances} or a multiple of it",
        )
    algorithm = algorithm_of(config)
    return [
        {
            "ChannelName": name,
            "ContentType": algorithm.content_type(config),
            "InputMode": context.sagemaker.training.input_mode,
            "CompressionType": "None",
            "RecordWrapperType": "None",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": context.places.files(split),
                    "S3DataDistributionType": "ShardedByS3Key" if instances > 1 else "FullyReplicated",
                }
            },
        }
        for name, split in algorithm.channels.items()
        if getattr(config.data.split, split) > 0
    ]
