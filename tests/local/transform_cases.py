"""Requests of transform jobs."""

from __future__ import annotations

from typing import Any

from pipeline.local.transform.settings import Settings


def settings(
    content_type: str = "text/csv",
    accept: str = "",
    split: str = "Line",
    assemble: str = "Line",
    processing: dict[str, str] | None = None,
    **fields: Any,
) -> Settings:
    """The settings of a CreateTransformJob request."""
    fields.setdefault("TransformResources", {"InstanceCount": 1, "InstanceType": "ml.m5.large"})
    fields["TransformInput"] = {"ContentType": content_type, "SplitType": split, **fields.get("TransformInput", {})}
    fields["TransformOutput"] = {"Accept": accept, "AssembleWith": assemble, "S3OutputPath": "s3://b/out"}
    return Settings.of({**fields, "DataProcessing": processing or {}})
