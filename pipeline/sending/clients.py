"""The AWS clients that a plan is sent with."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pipeline.aws.session import LOCAL_CREDENTIALS, new_session
from pipeline.errors import StepError
from pipeline.plan.steps import SAGEMAKER

# A throttled or failed call is tried again so often, each time after a longer pause.
_ATTEMPTS = 10
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})


@dataclass(frozen=True)
class Clients:
    """boto3's clients of one region; `local` says that they speak to a service of this machine.

    `pause` sleeps between two looks at a job: for so many seconds at most. `make` makes the client of another service
    by its name, see `of`.
    """

    sagemaker: Any
    runtime: Any
    s3: Any
    logs: Any
    local: bool = False
    pause: Callable[[float], None] = time.sleep
    make: Callable[[str], Any] | None = None

    def of(self, service: str) -> Any:
        """The client of a service that a step names; others than SageMaker's are made when they are needed."""
        if service == SAGEMAKER:
            return self.sagemaker
        assert self.make is not None, service  # noqa: S101 - those that send plans have it
        return self.make(service)


def make_clients(region: str, *, endpoint: str | None = None) -> Clients:
    """Clients with the user's own credentials, or for a local service's URL, which asks for none."""
    session = new_session(region, **(LOCAL_CREDENTIALS if endpoint else {}))
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS}, user_agent_extra="inference-pipeline"
    )

    return clients_by(lambda name: session.client(name, endpoint_url=endpoint, config=config))


def clients_by(make: Callable[[str], Any]) -> Clients:
    """The clients that a function makes by the names of their services."""

    @functools.cache
    def client(name: str) -> Any:
        made = make(name)
        made._endpoint.http_session = _WholeReplies(made._endpoint.http_session)
        return made

    sagemaker = client("sagemaker")
    local = urlsplit(sagemaker.meta.endpoint_url).hostname in _THIS_MACHINE
    return Clients(sagemaker, client("sagemaker-runtime"), client("s3"), client("logs"), local, make=client)


class _WholeReplies:
    """botocore's HTTP session, for which a reply that was cut off is a connection that was lost: it is tried again.

    botocore itself takes what has come of a JSON reply for the whole, and finds nothing in it.
    """

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def send(self, request: Any) -> Any:
        """As the session's own."""
        from botocore.exceptions import ConnectionClosedError

        response = self._session.send(request)
        length = response.headers.get("content-length")
        is_whole = request.stream_output or request.method == "HEAD" or length is None
        # An encoded body is decoded by now.
        if not is_whole and "content-encoding" not in response.headers and len(response.content) < int(length):
            raise ConnectionClosedError(endpoint_url=request.url)
        return response


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


def is_passing(error: Exception) -> bool:
    """Whether an error of botocore's is the network's or a busy service's, and may be gone when one asks again."""
    from botocore import exceptions
    from botocore.parsers import ResponseParserError

    if isinstance(error, exceptions.ClientError):
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or code_of(error) in _THROTTLED
    return isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError | ResponseParserError)


def code_of(error: Any) -> str:
    """The code of a botocore ClientError; empty for an error that is no reply."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def message_of(error: Any) -> str:
    """The message of a botocore ClientError."""
    return str(error.response.get("Error", {}).get("Message", ""))
