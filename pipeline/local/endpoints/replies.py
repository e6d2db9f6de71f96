"""The errors of SageMaker's runtime, in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar

import orjson

from pipeline.local.endpoints.connection import Response
from pipeline.local.wire import Reply

__all__ = ["ComponentErrors", "Errors", "Reply"]

# The longest message that the runtime's errors carry.
_MESSAGE = 2048
_INVALID = "ValidationError"


@dataclass(frozen=True)
class Errors:
    """The runtime's errors for the endpoints of one account and region."""

    account: str = "123456789012"
    region: str = "us-east-1"

    group: ClassVar[str] = "/aws/sagemaker/Endpoints"

    def not_found(self, endpoint: str) -> Reply:
        """No such endpoint, or none that is in service."""
        return self.validation(f"Endpoint {endpoint} of account {self.account} not found.")

    def validation(self, message: str) -> Reply:
        """A request that names something wrong."""
        return _error(HTTPStatus.BAD_REQUEST, _INVALID, message)

    def component_required(self) -> Reply:
        """An endpoint of inference components, and a request that names none."""
        message = (
            "Inference Component Name header is required for endpoints to which you plan to deploy inference "
            "components. Please include Inference Component Name header or consider using SageMaker models."
        )
        return _error(HTTPStatus.BAD_REQUEST, _INVALID, message, ErrorCode="INFERENCE_COMPONENT_NAME_MISSING")

    def component_not_allowed(self) -> Reply:
        """An endpoint of models, and a request that names an inference component."""
        return self.validation(
            "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference "
            "components. Please remove the Inference Component Name header and try again."
        )

    def no_component(self, component: str, endpoint: str) -> Reply:
        """An inference component that this endpoint does not have."""
        return self.validation(f"Inference component {component} not found for endpoint {endpoint}.")

    def no_copies(self) -> Reply:
        """An inference component without a copy that serves."""
        return self.validation(
            "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress "
            "(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
        )

    def too_large(self, limit: int) -> Reply:
        """A body above the limit, refused before any container sees it; the runtime gives no code for it."""
        return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "", f"HTTP content length exceeded {limit} bytes.")

    def no_instance(self, endpoint: str, variant: str, *, serverless: bool) -> Reply:
        """A variant none of whose instances is healthy."""
        message = f"No instance of variant {variant} of endpoint {endpoint} is healthy; try again."
        if serverless:
            return _error(HTTPStatus.TOO_MANY_REQUESTS, "ModelNotReadyException", message)
        return _error(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", message)

    def throttled(self, limit: int) -> Reply:
        """More requests at once than a serverless variant takes."""
        message = f"Rate exceeded: {limit} requests are being answered, the variant's MaxConcurrency."
        return _error(HTTPStatus.BAD_REQUEST, "ThrottlingException", message)

    def model(self, endpoint: str, hostname: str, response: Response) -> Reply:
        """A container that answered with an error."""
        text = response.body.decode("utf-8", "replace")
        client = response.status < HTTPStatus.INTERNAL_SERVER_ERROR
        said = f'Received {"client" if client else "server"} error ({response.status}) from {hostname} with message "'
        log = f'". See the log group {self.group}/{endpoint} for more information.'
        message = said + text[: _MESSAGE - len(said) - len(log)] + log
        code = "CLIENT_ERROR_FROM_MODEL" if client else "SERVER_ERROR_FROM_MODEL"
        return self._model(endpoint, message, response.status, text, code)

    def no_answer(self, endpoint: str, hostname: str, seconds: float | None) -> Reply:
        """A model that did not answer within so many seconds, or with None, whose container ended over the request."""
        text = f"Container {hostname} ended before it answered."
        if seconds is not None:
            text = (
                f"Your invocation timed out while waiting for a response from container {hostname} for {seconds:g} s."
            )
        message = f'Received server error (0) from {hostname} with message "{text}"'
        return self._model(endpoint, message, 0, text, "SERVER_ERROR_FROM_MODEL")

    def _model(self, endpoint: str, message: str, status: int, original: str, code: str) -> Reply:
        arn = f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.group}/{endpoint}"
        fields = {
            "OriginalStatusCode": status,
            "OriginalMessage": original[:_MESSAGE],
            "LogStreamArn": arn,
            "ErrorCode": code,
        }
        return _error(HTTPStatus.FAILED_DEPENDENCY, "ModelError", message, **fields)


@dataclass(frozen=True)
class ComponentErrors(Errors):
    """The runtime's errors for inference components; what Errors calls an endpoint is a component."""

    group: ClassVar[str] = "/aws/sagemaker/InferenceComponents"

    def not_found(self, endpoint: str) -> Reply:
        """One that does not serve yet, or has failed."""
        return self.no_copies()


def _error(status: int, code: str, message: str, **fields: object) -> Reply:
    headers = {"content-type": "application/json"}
    if code:
        headers["x-amzn-errortype"] = code
    return Reply(int(status), orjson.dumps({"Message": message, **fields}), headers)
