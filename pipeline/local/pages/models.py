"""A page for each model: its containers, and what is in their archives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.local import states
from pipeline.local.context import Context
from pipeline.local.endpoints.container import definitions_of
from pipeline.local.pages.archives import Archives, Contents
from pipeline.local.pages.job_details import Table, pairs
from pipeline.local.pages.links import Link, link
from pipeline.local.pages.picture import Stage, picture, stages
from pipeline.local.store import Resource, Store


@dataclass(frozen=True)
class ContainerView:
    """A container as the page shows it."""

    name: str
    image: str
    archive: str
    made_by: Link | None
    environment: Table
    contents: Contents
    picture: Markup | None
    stages: list[Stage]


def model_page(context: Context, archives: Archives, model: Resource) -> dict[str, Any]:
    """The page's values."""
    return {
        "model": model,
        "containers": [
            _view(context.store, archives, name, container) for name, container in definitions_of(model.request)
        ],
        "endpoints": _endpoints(context.store, model.name),
        "transforms": [
            link(states.TRANSFORM_JOB, job.name)
            for job in context.store.all(states.TRANSFORM_JOB)
            if job.request["ModelName"] == model.name
        ],
    }


def _view(store: Store, archives: Archives, name: str, container: Mapping[str, Any]) -> ContainerView:
    contents = archives.contents(container)
    archive = str(container.get("ModelDataUrl") or "")
    return ContainerView(
        name,
        container.get("Image", ""),
        archive,
        _made_by(store, archive),
        pairs("Environment", "Variable", container.get("Environment", {})),
        contents,
        picture(contents.bundle) if contents.bundle is not None else None,
        stages(contents.bundle) if contents.bundle is not None else [],
    )


def _made_by(store: Store, archive: str) -> Link | None:
    for job in store.all(states.TRAINING_JOB):
        if archive and job.extra.get("ModelArtifacts", {}).get("S3ModelArtifacts") == archive:
            return link(states.TRAINING_JOB, job.name)
    return None


def _endpoints(store: Store, model: str) -> list[Link]:
    """The endpoints that serve a model now."""
    return [
        link(states.ENDPOINT, endpoint.name)
        for endpoint in store.all(states.ENDPOINT)
        if model in endpoint.extra.get("Served", {}).get("models", {})
    ]
