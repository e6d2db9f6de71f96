"""The AWS clients that stacks are made with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pipeline.aws.session import new_session
from pipeline.errors import ConfigError

_ATTEMPTS = 10
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
# Seconds between two looks at a stack.
_PAUSE, _LOCAL_PAUSE = 5.0, 0.05


@dataclass(frozen=True)
class CloudClients:
    """boto3's clients of one region, and the seconds between two looks."""

    region: str
    cloudformation: Any
    s3: Any
    pause: float


def make_cloud_clients(region: str | None = None) -> CloudClients:
    """Clients with the user's own credentials, of AWS or of where AWS_ENDPOINT_URL says.

    The region is the one given, AWS_REGION's or that of the profile. Raises ConfigError where none of them says one.
    """
    found = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _region_of_profile()
    if not found:
        raise ConfigError("region is said nowhere", hint="give --region, or set AWS_REGION")
    from botocore.config import Config

    session = new_session(found)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS}, user_agent_extra="inference-pipeline"
    )
    cloudformation, s3 = (session.client(name, config=config) for name in ("cloudformation", "s3"))
    local = urlsplit(cloudformation.meta.endpoint_url).hostname in _THIS_MACHINE
    return CloudClients(found, cloudformation, s3, _LOCAL_PAUSE if local else _PAUSE)


def _region_of_profile() -> str | None:
    import boto3

    region: str | None = boto3.Session().region_name
    return region
