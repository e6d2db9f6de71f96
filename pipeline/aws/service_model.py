"""botocore's description of a service, loaded without a client: no region, no credentials, no network."""

from __future__ import annotations

import functools
import os
from typing import Any

from pipeline.errors import RequirementError


@functools.cache
def loader() -> Any:
    """The process's `botocore.loaders.Loader`: it reads each file once, and the larger ones take a tenth of a second.

    Raises RequirementError where botocore is not installed.
    """
    try:
        from botocore.loaders import create_loader
    except ImportError as error:
        raise RequirementError(
            "botocore is not installed", hint="pip install 'inference-pipeline[sagemaker]'"
        ) from error
    # The user's own descriptions, as botocore's sessions know them.
    return create_loader(os.environ.get("AWS_DATA_PATH"))


@functools.cache
def service_model(service: str = "sagemaker") -> Any:
    """The `botocore.model.ServiceModel` of a service; raises RequirementError where botocore is not installed."""
    loaded = loader().load_service_model(service, "service-2")
    from botocore.model import ServiceModel

    return ServiceModel(loaded, service)


@functools.cache
def operation(name: str, service: str = "sagemaker") -> Any:
    """The `botocore.model.OperationModel` of an operation; KeyError for one that the service does not have."""
    model = service_model(service)
    if name not in model.operation_names:
        raise KeyError(name)
    return model.operation_model(name)
