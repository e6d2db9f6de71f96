"""A pipeline file as it is sent on this machine: AWS is asked for nothing, and nothing of another run's is named."""

from __future__ import annotations

from pipeline.config.model import PipelineConfig
from pipeline.config.sagemaker import SageMaker
from pipeline.config.sagemaker_endpoint import Endpoint
from pipeline.config.sagemaker_jobs import TransformJob
from pipeline.local.images import (
    FACTORIZATION_MACHINES,
    OWN_IMAGE,
    SPARK_PROCESSING,
    SPARKML_SERVING,
    XGBOOST,
    repository,
)
from pipeline.plan.images import is_uri
from pipeline.plan.settings import Settings, resolve_settings
from pipeline.schema import load_schema

REGION, BUCKET = "us-east-1", "inference-pipeline"
_ROLE = "arn:aws:iam::123456789012:role/inference-pipeline"
_IMAGES = {
    "spark": SPARK_PROCESSING,
    "xgboost": XGBOOST,
    "factorization_machines": FACTORIZATION_MACHINES,
    "sparkml": SPARKML_SERVING,
    "own": OWN_IMAGE,
}


def settings_here() -> Settings:
    """Role, bucket, instances: any will do. Network, keys and tags are AWS's."""
    return resolve_settings(SageMaker(region=REGION, role=_ROLE, bucket=BUCKET), {})


def config_here(config: PipelineConfig) -> PipelineConfig:
    """The file with what this run needs and can have.

    An endpoint and a transform job are there, for the report's sake; where rows of the contract cannot be written as
    CSV there is no transform job. Left out is what is AWS's alone or another run's: isolation, roll-out, asynchronous
    requests, topics, other models' variants, earlier tuning jobs, places in S3.
    """
    section = config.sagemaker
    changed = {
        "network_isolation": False,
        "tuning": section.tuning and section.tuning.model_copy(update={"warm_start": None}),
        "endpoint": _endpoint(section.endpoint or Endpoint()),
        "transform": _transform(section.transform) if _is_flat(config) else None,
    }
    return config.model_copy(update={"sagemaker": section.model_copy(update=changed)})


def images_here(config: PipelineConfig) -> dict[str, str]:
    """What the file's own images stand for, by their repositories."""
    named = {kind: getattr(config.sagemaker.images, kind) for kind in _IMAGES}
    return {repository(uri): _IMAGES[kind] for kind, uri in named.items() if uri is not None and is_uri(uri)}


def _endpoint(endpoint: Endpoint) -> Endpoint:
    capture = endpoint.data_capture
    return endpoint.model_copy(
        update={
            "variants": tuple(variant for variant in endpoint.variants if variant.model is None),
            "asynchronous": None,
            "data_capture": capture and capture.model_copy(update={"destination": None}),
            "deployment": None,
        }
    )


def _transform(transform: TransformJob | None) -> TransformJob:
    """The file's job on the test split; one that is written for other rows says nothing of these."""
    return TransformJob() if transform is None or transform.input is not None else transform


def _is_flat(config: PipelineConfig) -> bool:
    return all(column.struct == "basic" for column in load_schema(config.data.schema_file).features)
