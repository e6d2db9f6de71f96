"""SageMaker's operations, one file a family of resources, and Glue's in a room of their own."""

from pipeline.local.api import (
    endpoint_configs,
    endpoints,
    inference_components,
    model_packages,
    models,
    processing,
    search,
    tags,
    training,
    transform,
    tuning,
)
from pipeline.local.api.glue import jobs as glue_jobs
from pipeline.local.api.glue import runs as glue_runs
from pipeline.local.api.glue import tags as glue_tags
from pipeline.local.api.registry import call

__all__ = [
    "call",
    "endpoint_configs",
    "endpoints",
    "glue_jobs",
    "glue_runs",
    "glue_tags",
    "inference_components",
    "model_packages",
    "models",
    "processing",
    "search",
    "tags",
    "training",
    "transform",
    "tuning",
]
