"""CreateModelPackageGroup and CreateModelPackage: the model in SageMaker's registry, to be approved."""

from __future__ import annotations

from pipeline.config.sagemaker import Registration
from pipeline.plan.context import Context
from pipeline.plan.names import resource_name
from pipeline.plan.steps import Request, Step
from pipeline.plan.waits import wait_for
from pipeline.recordio import CONTENT_TYPE

GROUP_NAME, NAME = "model-package-group", "model-package"
_LONGEST_TOKEN = 36


def group_step(context: Context, registration: Registration) -> Step:
    """The request for the group, which many runs share."""
    request = {
        "ModelPackageGroupName": registration.group,
        **({"ModelPackageGroupDescription": registration.description} if registration.description else {}),
        **context.tags,
    }
    keys = context.keys(ModelPackageGroupDescription="sagemaker.registration.description")
    return Step(GROUP_NAME, "CreateModelPackageGroup", request, keys=keys, once=True)


def package_step(context: Context, registration: Registration, model: Request) -> Step:
    """The request for one more version in the group: the containers of the run's `model`."""
    containers = model.get("Containers") or [model["PrimaryContainer"]]
    config, settings = context.config, context.settings
    request = {
        "ModelPackageGroupName": registration.group,
        **({"ModelPackageDescription": config.description} if config.description else {}),
        "ModelApprovalStatus": registration.approval,
        "InferenceSpecification": {
            "Containers": containers,
            "SupportedContentTypes": _media_types(context),
            "SupportedResponseMIMETypes": _media_types(context),
            "SupportedRealtimeInferenceInstanceTypes": [settings.endpoint_instance_type],
            "SupportedTransformInstanceTypes": [settings.transform_instance_type],
        },
        "CustomerMetadataProperties": {"pipeline": config.name, "run": context.run_key, **registration.metadata},
        # The same run asks for the same version, however often it asks.
        "ClientToken": resource_name(config.name, context.run_key, "package", longest=_LONGEST_TOKEN),
    }
    keys = context.keys(
        ModelPackageDescription="description",
        CustomerMetadataProperties="sagemaker.registration.metadata",
        InferenceSpecification__SupportedRealtimeInferenceInstanceTypes="endpoint.instance_type",
        InferenceSpecification__SupportedTransformInstanceTypes="transform.instance_type",
    )
    return Step(NAME, "CreateModelPackage", request, wait_for("CreateModelPackage", registration.group), keys)


def _media_types(context: Context) -> list[str]:
    first = "text/csv" if context.config.ratings is None else CONTENT_TYPE
    return [first, "application/json", "application/jsonlines"]
