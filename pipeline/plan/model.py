"""CreateModel: the bundle and the booster, in containers that answer requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.plan.containers import containers
from pipeline.plan.context import Context
from pipeline.plan.steps import Package, Step
from pipeline.plan.tuning import tuning_name

NAME = "model"
_MACHINES = "factorization_machines"
# The archive that each layout's last container loads.
_ARCHIVES = {"trained": "trained", "two-containers": "xgboost", "fused": "script-mode", "image": "fused"}


def model_name(context: Context) -> str:
    """The name of the run's model."""
    return context.name("model")


def archives_of(model: Mapping[str, Any]) -> list[str]:
    """The archives of a model's containers in their order, by a request or description of it."""
    containers = model.get("Containers") or [model["PrimaryContainer"]]
    return [str(container.get("ModelDataUrl", "")) for container in containers]


def model_step(context: Context) -> Step:
    """The request, and the archive that must be packed before it."""
    package = _package(context)
    archive = package.uri if package is not None else context.places.trained(context.name("train"))
    made = containers(context, archive)
    request: dict[str, Any] = {
        "ModelName": model_name(context),
        **({"PrimaryContainer": made[0]} if len(made) == 1 else {"Containers": made}),
        "ExecutionRoleArn": context.settings.model_role or context.settings.role,
        "EnableNetworkIsolation": context.sagemaker.network_isolation,
        **context.vpc,
        **context.tags,
    }
    if len(made) > 1:
        request["InferenceExecutionConfig"] = {"Mode": "Serial"}
    images = {"two-containers": "sparkml, xgboost", "fused": "xgboost", "image": "own", "trained": _MACHINES}
    parts = {
        "Image": f"sagemaker.images.{images[_layout(context)]}",
        "ModelDataUrl": "prefix",
        "Environment": "sagemaker.model.environment",
    }
    holder = "Containers" if len(made) > 1 else "PrimaryContainer"
    role = "model.role" if context.settings.model_role else "role"
    keys = context.keys(ExecutionRoleArn=role, **{f"{holder}__{part}": key for part, key in parts.items()})
    return Step(NAME, "CreateModel", request, keys=keys, package=package)


def _layout(context: Context) -> str:
    """How the model is laid out: factorization machines are one container, with the archive as it was trained."""
    return context.sagemaker.model.layout if context.config.ratings is None else "trained"


def _package(context: Context) -> Package | None:
    """What is to be packed; nothing where the training job's own archive is loaded as it is."""
    layout = _ARCHIVES[_layout(context)]
    tuned = context.sagemaker.tuning is not None
    if layout in ("xgboost", "trained") and not tuned:
        return None
    return Package(
        uri=context.places.model(layout),
        layout=layout,
        etl=context.places.etl,
        booster=None if tuned else context.places.trained(context.name("train")),
        tuning_job=tuning_name(context) if tuned else None,
    )
