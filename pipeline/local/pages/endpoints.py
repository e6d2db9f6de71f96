"""A page for each endpoint: what serves it, and a form to try a prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import PipelineError
from pipeline.local import states
from pipeline.local.context import Context
from pipeline.local.endpoints.container import definitions_of
from pipeline.local.logs import Logs
from pipeline.local.pages.archives import Archives
from pipeline.local.pages.links import Link, link
from pipeline.local.pages.log_tail import tail
from pipeline.local.pages.sample import Sample, sample
from pipeline.local.pages.trial import Trial
from pipeline.local.store import Resource

CONTENT_TYPES = ("text/csv", "application/json", "application/jsonlines", "text/libsvm")

_SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack"})
_CHANGING = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"})


@dataclass(frozen=True)
class VariantRow:
    """A production variant: `instances` says how it is served, `weight` its share of the requests."""

    name: str
    model: Link | None
    instances: str
    weight: float


@dataclass(frozen=True)
class ComponentRow:
    """An inference component: `copies` is how many of it serve."""

    name: str
    model: Link | None
    variant: str
    copies: int
    status: str


def endpoint_page(
    context: Context,
    logs: Logs,
    archives: Archives,
    endpoint: Resource,
    *,
    query: Mapping[str, str],
    trial: Trial | None,
) -> dict[str, Any]:
    """The page's values; `trial` is the prediction that was tried."""
    served = endpoint.extra.get("Served") or {"config": {}, "models": {}}
    serving = endpoint.status in _SERVING
    components = context.components.on(endpoint.name)
    models = [
        *served["models"].values(),
        *(one.extra["Served"]["model"] for one in components if "Served" in one.extra),
    ]
    return {
        "endpoint": endpoint,
        "reason": endpoint.extra.get("FailureReason"),
        "config": served["config"].get("EndpointConfigName", endpoint.request.get("EndpointConfigName")),
        "pending": (endpoint.extra.get("Pending") or {}).get("config", {}).get("EndpointConfigName"),
        "capture": served["config"].get("DataCaptureConfig"),
        "variants": _variants(context, endpoint, served),
        "components": [_component(context, one) for one in components],
        "serving": serving,
        "content_types": CONTENT_TYPES,
        "sample": (_sample(archives, models) if serving and trial is None else None) or Sample(CONTENT_TYPES[0], ""),
        "trial": trial,
        "log_tail": tail(logs, f"/aws/sagemaker/Endpoints/{endpoint.name}", "", query),
        # Renewing the page would take the answer away.
        "live": trial is None and any(one.status in _CHANGING for one in (endpoint, *components)),
    }


def _variants(context: Context, endpoint: Resource, served: Mapping[str, Any]) -> list[VariantRow]:
    try:
        described = context.hosting.describe(endpoint).get("ProductionVariants") or ()
    except PipelineError:
        # Nothing serves it any more: it has just been deleted.
        described = ()
    now = {variant["VariantName"]: variant for variant in described}
    return [
        _variant(entry, now.get(entry["VariantName"], {})) for entry in served["config"].get("ProductionVariants", ())
    ]


def _variant(entry: Mapping[str, Any], now: Mapping[str, Any]) -> VariantRow:
    serverless = entry.get("ServerlessConfig")
    count = now.get("CurrentInstanceCount", entry.get("InitialInstanceCount", 1))
    how = f"{count} × {entry.get('InstanceType', 'instance')}"
    if serverless:
        how = f"serverless, {serverless['MaxConcurrency']} at once"
    model = entry.get("ModelName")
    weight = now.get("CurrentWeight", entry.get("InitialVariantWeight", 1.0))
    return VariantRow(entry["VariantName"], link(states.MODEL, model) if model else None, how, float(weight))


def _component(context: Context, component: Resource) -> ComponentRow:
    served = component.extra.get("Served") or {"specification": component.request["Specification"]}
    model = served["specification"].get("ModelName")
    return ComponentRow(
        component.name,
        link(states.MODEL, model) if model else None,
        component.request["VariantName"],
        context.components.copies(component.name),
        component.status,
    )


def _sample(archives: Archives, models: Iterable[Mapping[str, Any]]) -> Sample | None:
    """A row for the first model's first container."""
    for request in models:
        for _, container in definitions_of(request):
            return sample(archives.contents(container), container.get("Environment", {}))
    return None
