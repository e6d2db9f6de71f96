"""CreateProcessingJob: the Spark job on AWS's own Spark image."""

from __future__ import annotations

import json
from typing import Any

from pipeline.config.section import text
from pipeline.plan.context import Context
from pipeline.plan.job_arguments import job_arguments, job_script
from pipeline.plan.places import CONFIGURATION, EVENTS, PROCESSING
from pipeline.plan.steps import Step
from pipeline.plan.waits import wait_for

NAME = "processing"
# Paths are this machine's: without the scheme the cluster would look into its HDFS.
_LOCAL = f"file://{PROCESSING}"
_JARS = f"{PROCESSING}/input/jars"
_REGISTRY = f"{PROCESSING}/input/mleap"


def processing_step(context: Context) -> Step:
    """The request. Every instance gets all inputs; what each one's executors write is uploaded from where it is."""
    job, settings = context.sagemaker.processing, context.settings
    name = context.name("etl")
    request: dict[str, Any] = {
        "ProcessingJobName": name,
        "AppSpecification": {
            "ImageUri": context.image("spark"),
            "ContainerEntrypoint": _entrypoint(context),
            "ContainerArguments": job_arguments(
                context.config,
                source=f"{_LOCAL}/input/rows",
                schema=f"{_LOCAL}/input/schema/schema.json",
                output=f"{_LOCAL}/output",
            ),
        },
        "ProcessingInputs": [_input(name, uri) for name, uri in _inputs(context).items()],
        "ProcessingOutputConfig": {"Outputs": _outputs(context), **context.encrypted()},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": job.instance_count,
                "InstanceType": settings.processing_instance_type,
                "VolumeSizeInGB": settings.processing_volume_size,
                **context.encrypted("VolumeKmsKeyId"),
            }
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": job.max_runtime},
        "RoleArn": settings.processing_role or settings.role,
        "NetworkConfig": {
            "EnableInterContainerTrafficEncryption": context.sagemaker.encrypt_traffic,
            "EnableNetworkIsolation": context.sagemaker.network_isolation,
            **context.vpc,
        },
        **context.tags,
    }
    cluster = "ProcessingResources__ClusterConfig__"
    keys = {
        "AppSpecification__ImageUri": "sagemaker.images.spark",
        "AppSpecification__ContainerArguments": "data, features",
        "ProcessingInputs": "data.location",
        "ProcessingOutputConfig__Outputs": "prefix",
        "ProcessingOutputConfig__KmsKeyId": "kms_key",
        "NetworkConfig__VpcConfig__Subnets": "vpc.subnets",
        "NetworkConfig__VpcConfig__SecurityGroupIds": "vpc.security_groups",
        "StoppingCondition": "sagemaker.processing.max_runtime",
        **({"RoleArn": "processing.role"} if settings.processing_role else {}),
        f"{cluster}InstanceCount": "sagemaker.processing.instance_count",
        f"{cluster}InstanceType": "processing.instance_type",
        f"{cluster}VolumeSizeInGB": "processing.volume_size",
        f"{cluster}VolumeKmsKeyId": "kms_key",
    }
    return Step(NAME, "CreateProcessingJob", request, wait_for("CreateProcessingJob", name), context.keys(**keys))


def rows_uri(context: Context) -> str:
    """Where the job's rows are in S3: named by the file, or uploaded."""
    location = context.config.data.location
    return location if location and location.startswith("s3://") else context.places("input", "rows", "")


def spark_configuration(context: Context) -> bytes | None:
    """The content of configuration.json; None where Spark's own settings are left as they are.

    Spark's usual way to commit files lets the driver move all of them; on several instances it sees only its own.
    """
    job, config = context.sagemaker.processing, context.config
    spark = {name: text(value) for name, value in job.spark.items()}
    if job.instance_count > 1:
        spark.setdefault("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2")
    if config.features.serializer == "mleap":
        options = f"-Dconfig.file={_REGISTRY}/mleap-registry.conf {spark.get('spark.driver.extraJavaOptions', '')}"
        spark["spark.driver.extraJavaOptions"] = options.strip()
    if not spark:
        return None
    return json.dumps([{"Classification": "spark-defaults", "Properties": spark}], indent=2).encode() + b"\n"


def _entrypoint(context: Context) -> list[str]:
    command = ["smspark-submit", "--py-files", f"{PROCESSING}/input/py-files"]
    if context.config.features.serializer == "mleap":
        command += ["--jars", _JARS]
    if context.sagemaker.processing.event_log:
        command += ["--local-spark-event-logs-dir", EVENTS]
    return [*command, f"{PROCESSING}/input/code/{job_script(context.config)}"]


def _inputs(context: Context) -> dict[str, str]:
    """The job's inputs by the name of their folder."""
    places = context.places
    inputs = {
        "rows": rows_uri(context),
        "schema": places("input", "schema.json"),
        "code": places("code", job_script(context.config)),
        "py-files": places("code", "py-files.zip"),
    }
    if spark_configuration(context) is not None:
        inputs["conf"] = places("code", "configuration.json")
    if context.config.features.serializer == "mleap":
        inputs |= {"jars": places("code", "jars", ""), "mleap": places("code", "mleap-registry.conf")}
    return inputs


def _input(name: str, uri: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": CONFIGURATION if name == "conf" else f"{PROCESSING}/input/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
            "S3CompressionType": "None",
        },
    }


def _outputs(context: Context) -> list[dict[str, Any]]:
    outputs = [("etl", context.places.etl, f"{PROCESSING}/output", "EndOfJob")]
    if context.sagemaker.processing.event_log:
        outputs.append(("spark-event-logs", context.places("spark-events"), EVENTS, "Continuous"))
    return [
        {"OutputName": name, "S3Output": {"S3Uri": uri, "LocalPath": path, "S3UploadMode": mode}}
        for name, uri, path, mode in outputs
    ]
