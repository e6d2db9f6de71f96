"""A secret of AWS Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.errors import ConfigError, RequirementError


def read_secret(name: str, region: str, client: Any = None) -> Mapping[str, Any]:
    """The JSON object of a secret, by its name or ARN; raises ConfigError where it cannot be read or is no object.

    `client` is one of secretsmanager, made for the region from the user's own credentials where there is none.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError as error:
        raise RequirementError("boto3 is not installed", hint="pip install 'inference-pipeline[sagemaker]'") from error
    try:
        client = client or boto3.client("secretsmanager", region_name=region)
        text = client.get_secret_value(SecretId=name)["SecretString"]
    except (BotoCoreError, ClientError) as error:
        raise ConfigError(
            f"the secret {name} cannot be read: {error}",
            hint="what the pipeline file or the environment says needs no secret",
        ) from error
    except KeyError as error:
        raise ConfigError(f"the secret {name} holds bytes, not text") from error
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"the secret {name} is not JSON") from error
    if not isinstance(content, dict):
        raise ConfigError(f"the secret {name} is no JSON object")
    return content
