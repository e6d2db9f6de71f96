"""The model that an endpoint serves now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.plan.model import archives_of
from pipeline.sending.clients import code_of

# AWS's word for what is not there, as for much else.
_NOT_FOUND = "ValidationException"


@dataclass(frozen=True)
class Serving:
    """A model behind an endpoint, the one with most of the requests where it has several."""

    endpoint: str
    model: str
    archives: tuple[str, ...]


def model_in_service(sagemaker: Any, endpoint: str) -> Serving | None:
    """What an endpoint serves; None where there is no such endpoint, or it never came into service."""
    from botocore.exceptions import ClientError

    try:
        described = sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as error:
        if code_of(error) != _NOT_FOUND:
            raise
        return None
    if described["EndpointStatus"] in ("Creating", "Failed", "Deleting"):
        return None
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    variant = max(config["ProductionVariants"], key=lambda one: float(one.get("InitialVariantWeight", 1)))
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    return Serving(endpoint, str(variant["ModelName"]), tuple(archives_of(model)))
