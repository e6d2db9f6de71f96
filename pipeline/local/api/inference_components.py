"""Inference components: models on an endpoint whose config names none; what serves them is context.components."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.aws.constraints import Problem, message
from pipeline.local import states
from pipeline.local.api.descriptions import Family
from pipeline.local.api.endpoints import FAMILY as ENDPOINTS
from pipeline.local.api.listing import register_list
from pipeline.local.api.models import FAMILY as MODELS
from pipeline.local.api.named import create, register_describe
from pipeline.local.api.registry import operation
from pipeline.local.context import Context
from pipeline.local.endpoints import hosts_components
from pipeline.local.errors import ValidationException
from pipeline.local.store import Resource

_KIND = states.INFERENCE_COMPONENT
_HOSTING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})


def _more(context: Context, resource: Resource) -> dict[str, Any]:
    """What is served, or comes next; of a component that is new, what was asked for."""
    request, extra = resource.request, resource.extra
    served = extra.get("Pending") or extra.get("Served")
    specification = served["specification"] if served else request["Specification"]
    desired = served["copies"] if served else request["RuntimeConfig"]["CopyCount"]
    return {
        "EndpointArn": context.arn(states.ENDPOINT, request["EndpointName"]),
        "Specification": _summary(specification, resource.modified),
        "RuntimeConfig": {"DesiredCopyCount": desired, "CurrentCopyCount": context.components.copies(resource.name)},
    }


def _wanted(request: dict[str, Any], resource: Resource) -> bool:
    return all(
        request.get(f"{member}Equals", resource.request[member]) == resource.request[member]
        for member in ("EndpointName", "VariantName")
    )


FAMILY = Family(_KIND, "InferenceComponent", "inference component", _more)

register_describe(FAMILY)
register_list("ListInferenceComponents", FAMILY, "InferenceComponents", descending=True, wanted=_wanted)


@operation("CreateInferenceComponent")
def create_inference_component(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The component is Creating; the runtime says when it is InService.

    Its endpoint must be in service, with a variant of that name and no models; its model must be there.
    """
    _refuse_several(request)
    _require(request, "VariantName", "Specification", "RuntimeConfig")
    _check_place(context, ENDPOINTS.get(context, request["EndpointName"]), request["VariantName"])
    _check_specification(context, request["Specification"])
    resource = create(context, FAMILY, request)
    context.components.create(resource)
    return {"InferenceComponentArn": resource.arn}


@operation("UpdateInferenceComponent")
def update_inference_component(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Another specification, another number of copies, or both; what is not said stays."""
    resource = FAMILY.get(context, request["InferenceComponentName"])
    _refuse_several(request)
    copies = request.get("RuntimeConfig", {}).get("CopyCount")
    specification = request.get("Specification")
    if specification is not None:
        _check_specification(context, specification)
    elif copies is None:
        raise ValidationException("Either Specification or RuntimeConfig must be given.")
    resource = _begin_update(context, resource, request.get("DeploymentConfig"))
    if specification is None:
        context.components.resize(resource, copies)
    else:
        context.components.update(resource, specification, _copies(resource) if copies is None else copies)
    return {"InferenceComponentArn": resource.arn}


@operation("UpdateInferenceComponentRuntimeConfig")
def update_runtime_config(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Another number of copies; 0 is one."""
    resource = _begin_update(context, FAMILY.get(context, request["InferenceComponentName"]))
    context.components.resize(resource, request["DesiredRuntimeConfig"]["CopyCount"])
    return {"InferenceComponentArn": resource.arn}


@operation("DeleteInferenceComponent")
def delete_inference_component(context: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The component is Deleting, and gone when its processes are."""
    resource = FAMILY.get(context, request["InferenceComponentName"])
    if resource.status == "Deleting":
        raise ValidationException(f'Cannot delete inference component "{resource.arn}": it is DELETE_IN_PROGRESS.')
    context.store.transition(_KIND, resource.name, "Deleting")
    context.components.delete(resource.name)
    return {}


def _check_place(context: Context, endpoint: Resource, variant: str) -> None:
    if endpoint.status not in _HOSTING:
        raise ValidationException(f'Endpoint "{endpoint.arn}" is {endpoint.status}: it must be InService.')
    config = endpoint.extra["Served"]["config"]
    if not hosts_components(config):
        raise ValidationException(
            "Inference Components are not supported in this Endpoint. "
            "Please make sure this endpoint can deploy inference components."
        )
    names = [entry["VariantName"] for entry in config["ProductionVariants"]]
    if variant not in names:
        raise ValidationException(
            f'Could not find variant "{variant}" of endpoint "{endpoint.arn}"; there are {", ".join(names)}.'
        )


def _refuse_several(request: Mapping[str, Any]) -> None:
    if "Specifications" in request:
        raise ValidationException("Specifications, one an instance type, are not served on this machine.")


def _check_specification(context: Context, specification: Mapping[str, Any]) -> None:
    """Raises ValidationException for a specification that cannot be served here, or names what is not there."""
    if "BaseInferenceComponentName" in specification:
        raise ValidationException("Adapters, of a BaseInferenceComponentName, are not served on this machine.")
    _require(specification, "ComputeResourceRequirements", inside="Specification")
    if ("ModelName" in specification) == ("Container" in specification):
        raise ValidationException("Exactly one of ModelName and Container must be given in Specification.")
    if "ModelName" in specification:
        MODELS.get(context, specification["ModelName"])
    else:
        _require(specification["Container"], "Image", inside="Specification.Container")
        context.images.resolve(specification["Container"]["Image"], "inference")


def _require(given: Mapping[str, Any], *names: str, inside: str = "") -> None:
    """What the service model leaves open and SageMaker asks for."""
    place: Iterable[str] = inside.split(".") if inside else ()
    missing = [Problem("missing", (*place, name), None, "Member must not be null") for name in names]
    problems = [problem for problem in missing if problem.path[-1] not in given]
    if problems:
        raise ValidationException(message(problems))


def _begin_update(context: Context, resource: Resource, deployment: Mapping[str, Any] | None = None) -> Resource:
    if "Updating" not in states.TRANSITIONS[_KIND][resource.status]:
        raise ValidationException(f'Cannot update inference component "{resource.arn}" in status {resource.status}.')
    return context.store.transition(_KIND, resource.name, "Updating", LastDeploymentConfig=deployment)


def _copies(resource: Resource) -> int:
    copies: int = resource.extra["Served"]["copies"]
    return copies


def _summary(specification: Mapping[str, Any], resolved: float) -> dict[str, Any]:
    """A specification as it is described: its image as the one that is deployed."""
    container = specification.get("Container")
    if container is None:
        return dict(specification)
    image = container["Image"]
    deployed = {"SpecifiedImage": image, "ResolvedImage": image, "ResolutionTime": resolved}
    kept = {name: value for name, value in container.items() if name != "Image"}
    return {**specification, "Container": {"DeployedImage": deployed, **kept}}
