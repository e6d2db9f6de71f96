"""CreateTrainingJob: SageMaker's built-in XGBoost."""

from __future__ import annotations

from typing import Any

from pipeline.errors import ConfigError, TrainingError
from pipeline.plan.context import Context
from pipeline.plan.images import is_uri
from pipeline.plan.job_arguments import hyperparameters
from pipeline.plan.metrics import metric_definitions
from pipeline.plan.places import CHECKPOINTS
from pipeline.plan.steps import Step
from pipeline.plan.waits import wait_for
from pipeline.training.hyperparameters import Hyperparameters, validate
from pipeline.training.table import WITHOUT_EFFECT

NAME = "training"
# XGBoost's own, which AWS's container refuses as extraneous.
_NOT_AWS = ("huber_slope",)

KEYS = {
    "AlgorithmSpecification__TrainingImage": "sagemaker.images.xgboost",
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
    checked(context)
    name = context.name("train")
    request = {
        "TrainingJobName": name,
        "HyperParameters": sent_hyperparameters(context),
        **definition(context),
        **context.tags,
    }
    keys = context.keys(**KEYS, HyperParameters="training.hyperparameters")
    return Step(NAME, "CreateTrainingJob", request, wait_for("CreateTrainingJob", name), keys)


def checked(context: Context) -> Hyperparameters:
    """The hyperparameters, refused here as the training job would: with a ConfigError that names their key."""
    try:
        return validate(hyperparameters(context.config))
    except TrainingError as error:
        raise ConfigError(f"training.hyperparameters: {error.message}", hint=error.hint) from error


def sent_hyperparameters(context: Context) -> dict[str, str]:
    """The file's hyperparameters without those that have no effect any more: AWS's container does not know them all."""
    given = hyperparameters(context.config)
    for name in _NOT_AWS:
        if name in given and not is_uri(context.sagemaker.images.xgboost):
            raise ConfigError(f"training.hyperparameters.{name}: AWS's XGBoost container does not know it")
    return {name: value for name, value in given.items() if name not in WITHOUT_EFFECT}


def definition(context: Context) -> dict[str, Any]:
    """What a training job and each of a tuning job's have in common."""
    job, settings = context.sagemaker.training, context.settings
    stopping = {"MaxRuntimeInSeconds": job.max_runtime}
    spot: dict[str, Any] = {"EnableManagedSpotTraining": job.spot}
    if job.spot:
        stopping["MaxWaitTimeInSeconds"] = job.max_wait or 2 * job.max_runtime
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
        "RoleArn": settings.role,
        "EnableNetworkIsolation": context.sagemaker.network_isolation,
        "EnableInterContainerTrafficEncryption": context.sagemaker.encrypt_traffic,
        **context.vpc,
    }


def _algorithm(context: Context) -> dict[str, Any]:
    algorithm: dict[str, Any] = {
        "TrainingImage": context.image("xgboost"),
        "TrainingInputMode": context.sagemaker.training.input_mode,
    }
    if is_uri(context.sagemaker.images.xgboost):
        # AWS knows the metrics of its own image and refuses to be told them; it does not know a copy's.
        tuning = context.sagemaker.tuning
        algorithm["MetricDefinitions"] = metric_definitions(checked(context), tuning.objective if tuning else "")
    return algorithm


def _channels(context: Context) -> list[dict[str, Any]]:
    config, instances = context.config, context.sagemaker.training.instance_count
    if instances > config.training.shards:
        raise ConfigError(
            f"training.shards is {config.training.shards}, but sagemaker.training.instance_count is {instances}",
            hint=f"each instance reads files of its own: set training.shards to {instances} or a multiple of it",
        )
    return [
        {
            "ChannelName": name,
            "ContentType": config.training.content_type,
            "InputMode": context.sagemaker.training.input_mode,
            "CompressionType": "None",
            "RecordWrapperType": "None",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": context.places.files(name),
                    "S3DataDistributionType": "ShardedByS3Key" if instances > 1 else "FullyReplicated",
                }
            },
        }
        for name in ("train", "validation")
        if getattr(config.data.split, name) > 0
    ]
