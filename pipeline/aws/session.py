"""boto3's sessions: where a process makes several, they share what botocore has read of its own files."""

from __future__ import annotations

from typing import Any

from pipeline.aws.service_model import loader
from pipeline.errors import RequirementError

# Any are good for the local service itself.
LOCAL_CREDENTIALS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}


def new_session(region: str, **credentials: str) -> Any:
    """A `boto3.Session` of that region, with the user's own credentials where none are given.

    Raises RequirementError where boto3 is not installed.
    """
    try:
        import boto3
        import botocore.session
    except ImportError as error:
        raise RequirementError("boto3 is not installed", hint="pip install 'inference-pipeline[sagemaker]'") from error
    core = botocore.session.get_session()
    core.register_component("data_loader", loader())
    return boto3.Session(botocore_session=core, region_name=region, **credentials)
