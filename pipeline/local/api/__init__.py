"""SageMaker's operations, one file a family of resources."""

from pipeline.local.api import (
    endpoint_configs,
    endpoints,
    model_packages,
    models,
    processing,
    search,
    tags,
    training,
    transform,
    tuning,
)
from pipeline.local.api.registry import call

__all__ = [
    "call",
    "endpoint_configs",
    "endpoints",
    "model_packages",
    "models",
    "processing",
    "search",
    "tags",
    "training",
    "transform",
    "tuning",
]
