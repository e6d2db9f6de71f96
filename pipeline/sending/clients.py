"""The AWS clients that a plan is sent with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipeline.errors import RequirementError, StepError

# A throttled or failed call is tried again so often, each time after a longer pause.
_ATTEMPTS = 10


@dataclass(frozen=True)
class Clients:
    """boto3's clients of one region; `local` says that they speak to a service of this machine."""

    sagemaker: Any
    runtime: Any
    s3: Any
    logs: Any
    local: bool = False


def make_clients(region: str, *, endpoint: str | None = None) -> Clients:
    """Clients with the user's own credentials, or for a local service's URL, which asks for none."""
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise RequirementError("boto3 is not installed", hint="pip install 'inference-pipeline[sagemaker]'") from error
    config = Config(
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS}, user_agent_extra="inference-pipeline"
    )
    credentials = {"aws_access_key_id": "local", "aws_secret_access_key": "local"} if endpoint else {}
    session = boto3.Session(region_name=region, **credentials)

    def client(name: str) -> Any:
        return session.client(name, endpoint_url=endpoint, config=config)

    return Clients(client("sagemaker"), client("sagemaker-runtime"), client("s3"), client("logs"), endpoint is not None)


@contextmanager
def failing_as(step: str) -> Iterator[None]:
    """What AWS refuses, or a network that fails, as the failure of a step."""
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except ClientError as error:
        said = error.response.get("Error", {})
        raise StepError(step, f"{error.operation_name}: {said.get('Code')}: {said.get('Message')}") from error
    except NoCredentialsError as error:
        raise StepError(
            step, "there are no AWS credentials", hint="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret"
        ) from error
    except (BotoCoreError, Boto3Error) as error:
        raise StepError(step, str(error)) from error


def code_of(error: Any) -> str:
    """The code of a botocore ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: Any) -> str:
    """The message of a botocore ClientError."""
    return str(error.response.get("Error", {}).get("Message", ""))
