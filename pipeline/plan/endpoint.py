"""CreateEndpointConfig and CreateEndpoint, or UpdateEndpoint for one that is there already."""

from __future__ import annotations

from typing import Any

from pipeline.config.sagemaker_endpoint import Asynchronous, DataCapture, Deployment, Endpoint, Variant
from pipeline.errors import ConfigError
from pipeline.plan.context import Context
from pipeline.plan.model import model_name
from pipeline.plan.steps import Step
from pipeline.plan.waits import wait_for

CONFIG_NAME, NAME = "endpoint-config", "endpoint"
# The variant that takes all requests, by the name that AWS's own console gives it.
_ONLY = Variant(name="AllTraffic")
# The content types that data capture keeps as text; all others it encodes.
_CAPTURED = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json", "application/jsonlines"]}


def endpoint_config_step(context: Context, endpoint: Endpoint) -> Step:
    """The request for what an endpoint is made of."""
    variants = endpoint.variants or (_ONLY,)
    _fits_serverless(context, endpoint)
    request: dict[str, Any] = {
        "EndpointConfigName": config_name(context),
        "ProductionVariants": [_variant(context, endpoint, variant) for variant in variants],
        **({} if endpoint.data_capture is None else {"DataCaptureConfig": _capture(context, endpoint.data_capture)}),
        **({} if endpoint.asynchronous is None else {"AsyncInferenceConfig": _async(context, endpoint.asynchronous)}),
        **({} if endpoint.serverless is not None else context.encrypted()),
        **context.tags,
    }
    keys = {
        "ProductionVariants": "sagemaker.endpoint.variants",
        "ProductionVariants__InstanceType": "endpoint.instance_type",
        "ProductionVariants__InitialInstanceCount": "sagemaker.endpoint.instance_count",
        "ProductionVariants__ContainerStartupHealthCheckTimeoutInSeconds": "sagemaker.endpoint.startup_timeout",
        "ProductionVariants__ServerlessConfig": "sagemaker.endpoint.serverless",
        "DataCaptureConfig": "sagemaker.endpoint.data_capture",
        "AsyncInferenceConfig": "sagemaker.endpoint.asynchronous",
        "KmsKeyId": "kms_key",
    }
    return Step(CONFIG_NAME, "CreateEndpointConfig", request, keys=context.keys(**keys))


def endpoint_step(context: Context, endpoint: Endpoint) -> Step:
    """The request for the endpoint; with a name that stays, also the one that updates it."""
    name = endpoint_name(context, endpoint)
    request = {"EndpointName": name, "EndpointConfigName": config_name(context)}
    deployment = {} if endpoint.deployment is None else {"DeploymentConfig": _deployment(endpoint.deployment)}
    keys = context.keys(EndpointName="sagemaker.endpoint.name", DeploymentConfig="sagemaker.endpoint.deployment")
    wait = wait_for("CreateEndpoint", name, expected={"EndpointConfigName": config_name(context)})
    update = Step(NAME, "UpdateEndpoint", {**request, **deployment}, wait, keys)
    create = {**request, **deployment, **context.tags}
    return Step(NAME, "CreateEndpoint", create, wait, keys, instead=update if endpoint.name else None)


def config_name(context: Context) -> str:
    """The name of the run's endpoint configuration."""
    return context.name("config")


def endpoint_name(context: Context, endpoint: Endpoint) -> str:
    """The endpoint's name: its own, or the run's."""
    return endpoint.name or context.name("endpoint")


def _fits_serverless(context: Context, endpoint: Endpoint) -> None:
    if endpoint.serverless is None:
        return
    conflicts = {
        "sagemaker.model.layout: two-containers": context.sagemaker.model.layout == "two-containers",
        "sagemaker.network_isolation": context.sagemaker.network_isolation,
        "sagemaker.vpc": bool(context.vpc),
    }
    found = [key for key, there in conflicts.items() if there]
    if found:
        raise ConfigError(f"sagemaker.endpoint.serverless: AWS's serverless endpoints cannot do {found[0]}")


def _variant(context: Context, endpoint: Endpoint, variant: Variant) -> dict[str, Any]:
    made: dict[str, Any] = {
        "VariantName": variant.name,
        "ModelName": variant.model or model_name(context),
        "InitialVariantWeight": variant.weight,
    }
    if endpoint.startup_timeout is not None:
        made["ContainerStartupHealthCheckTimeoutInSeconds"] = endpoint.startup_timeout
    if endpoint.serverless is None:
        made["InstanceType"] = variant.instance_type or context.settings.endpoint_instance_type
        made["InitialInstanceCount"] = variant.instance_count or endpoint.instance_count
        return made
    made["ServerlessConfig"] = {
        "MemorySizeInMB": endpoint.serverless.memory,
        "MaxConcurrency": endpoint.serverless.max_concurrency,
    }
    if endpoint.serverless.provisioned_concurrency is not None:
        made["ServerlessConfig"]["ProvisionedConcurrency"] = endpoint.serverless.provisioned_concurrency
    return made


def _capture(context: Context, capture: DataCapture) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": capture.percentage,
        "DestinationS3Uri": capture.destination or context.places("data-capture"),
        "CaptureOptions": [{"CaptureMode": mode} for mode in capture.modes],
        "CaptureContentTypeHeader": _CAPTURED,
        **context.encrypted(),
    }


def _async(context: Context, asynchronous: Asynchronous) -> dict[str, Any]:
    topics = {"SuccessTopic": asynchronous.success_topic, "ErrorTopic": asynchronous.error_topic}
    named = {name: topic for name, topic in topics.items() if topic is not None}
    output: dict[str, Any] = {
        "S3OutputPath": asynchronous.output or context.places("async"),
        "S3FailurePath": asynchronous.failure or context.places("async-failures"),
        **({"NotificationConfig": named} if named else {}),
        **context.encrypted(),
    }
    made: dict[str, Any] = {"OutputConfig": output}
    if asynchronous.max_concurrent is not None:
        made["ClientConfig"] = {"MaxConcurrentInvocationsPerInstance": asynchronous.max_concurrent}
    return made


def _deployment(deployment: Deployment) -> dict[str, Any]:
    size = {"Type": "CAPACITY_PERCENT", "Value": deployment.percent}
    timeout = {} if deployment.timeout is None else {"MaximumExecutionTimeoutInSeconds": deployment.timeout}
    made: dict[str, Any] = {}
    if deployment.traffic == "rolling":
        made["RollingUpdatePolicy"] = {"MaximumBatchSize": size, "WaitIntervalInSeconds": deployment.wait, **timeout}
    else:
        routing: dict[str, Any] = {
            "Type": deployment.traffic.upper().replace("-", "_"),
            "WaitIntervalInSeconds": deployment.wait,
        }
        if deployment.traffic != "all-at-once":
            routing["CanarySize" if deployment.traffic == "canary" else "LinearStepSize"] = size
        made["BlueGreenUpdatePolicy"] = {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": deployment.termination_wait,
            **timeout,
        }
    if deployment.alarms:
        made["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in deployment.alarms]}
    return made
