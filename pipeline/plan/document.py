"""A plan as JSON-ready data, for people and for `inference-pipeline plan`."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from pipeline.plan.deletions import deletions
from pipeline.plan.steps import SAGEMAKER, Deletion, Package, Plan, Step, Upload, Wait


def plan_document(plan: Plan) -> dict[str, Any]:
    """The whole plan: uploads, requests in order, deletions."""
    return {
        "pipeline": plan.pipeline,
        "run": plan.run_key,
        "region": plan.region,
        "root": plan.root,
        "uploads": [_upload(upload) for upload in plan.uploads],
        "steps": [_step(step) for step in plan.steps],
        "deletions": [_deletion(deletion) for deletion in deletions(plan)],
    }


def _upload(upload: Upload) -> dict[str, Any]:
    if upload.content is not None:
        digest = hashlib.sha256(upload.content).hexdigest()
        return {"uri": upload.uri, "bytes": len(upload.content), "sha256": digest}
    return {"uri": upload.uri, "from": str(upload.path) if upload.path else "the run's input"}


def _step(step: Step) -> dict[str, Any]:
    document: dict[str, Any] = {"name": step.name, **_service(step.service), "operation": step.operation}
    if step.package is not None:
        document["package"] = _package(step.package)
    document["request"] = step.request
    if step.fill is not None:
        document["filled in"] = asdict(step.fill)
    if step.wait is not None:
        document["wait"] = _wait(step.wait)
    if step.instead is not None:
        document["where it is there already"] = {"operation": step.instead.operation, "request": step.instead.request}
    return document


def _package(package: Package) -> dict[str, Any]:
    return {name: value for name, value in asdict(package).items() if value is not None}


def _wait(wait: Wait) -> dict[str, Any]:
    document = {"operation": wait.describe, "request": wait.request, wait.status: list(wait.succeeded)}
    return document | ({"expected": wait.expected} if wait.expected else {})


def _deletion(deletion: Deletion) -> dict[str, Any]:
    document = {**_service(deletion.service), "operation": deletion.operation, "request": deletion.request}
    return document | ({"from its reply": deletion.from_reply} if deletion.from_reply else {})


def _service(name: str) -> dict[str, str]:
    """Said where it is another than SageMaker."""
    return {} if name == SAGEMAKER else {"service": name}
