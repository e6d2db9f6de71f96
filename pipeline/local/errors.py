"""What the local SageMaker answers when it refuses: AWS's own codes, statuses and words."""

from __future__ import annotations

import re

from pipeline.errors import PipelineError

# SageMaker's limit for FailureReason and ExitMessage.
REASON_CHARACTERS = 1024
# How the system, Java and SQLite say it.
_FULL = re.compile(r"No space left on device|disk is full|Disk quota exceeded")


class LocalServiceError(PipelineError):
    """Base of the API's errors: `code` is AWS's, `http_status` what its reply carries."""

    code = "InternalFailure"
    http_status = 500


class ValidationException(LocalServiceError):
    """A request that the service model refuses, or that names something which is not there."""

    code = "ValidationException"
    http_status = 400

    @classmethod
    def missing(cls, what: str, arn: str) -> ValidationException:
        """SageMaker's answer to a name that it does not know: clients look for these words."""
        return cls(f'Could not find {what} "{arn}".')


class ResourceInUse(LocalServiceError):
    """A name that is taken, or a resource that something else still needs."""

    code = "ResourceInUse"
    http_status = 400


class ResourceLimitExceeded(LocalServiceError):
    """More at once than one machine is to start."""

    code = "ResourceLimitExceeded"
    http_status = 400


class ConflictException(LocalServiceError):
    """A change that the resource's state does not allow."""

    code = "ConflictException"
    http_status = 400


class EntityNotFoundException(LocalServiceError):
    """A name that Glue does not know."""

    code = "EntityNotFoundException"
    http_status = 400


class InvalidInputException(LocalServiceError):
    """What Glue, or this service in its place, cannot run."""

    code = "InvalidInputException"
    http_status = 400


class IdempotentParameterMismatchException(LocalServiceError):
    """A name that is taken in Glue, by a job that is not the same."""

    code = "IdempotentParameterMismatchException"
    http_status = 400


class ConcurrentRunsExceededException(LocalServiceError):
    """One more run of a Glue job than may run at a time."""

    code = "ConcurrentRunsExceededException"
    http_status = 400


class UnknownOperationException(LocalServiceError):
    """An operation of the API that is not served here."""

    code = "UnknownOperationException"
    http_status = 400

    @classmethod
    def of(cls, operation: str, service: str) -> UnknownOperationException:
        """The refusal that names the operation."""
        return cls(f"The operation {operation} of {service} is not served on this machine")


class SerializationException(LocalServiceError):
    """A request body that is not the JSON that the protocol asks for."""

    code = "SerializationException"
    http_status = 400


class InternalFailure(LocalServiceError):
    """A defect of this service; its log has the traceback."""


class DataFolderError(InternalFailure):
    """The service's own state that cannot be written; its disk is full, above all. Asked again, it may be there."""


class JobFailure(PipelineError):
    """A job that failed; `message` is its FailureReason, cut to SageMaker's 1,024 characters."""

    code = "JobFailure"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message[:REASON_CHARACTERS], hint=hint)


def reason(message: str, hint: str | None = None) -> str:
    """A FailureReason: the message and, in parentheses, what to do; cut to SageMaker's length."""
    if hint is None and _FULL.search(message):
        hint = "make space on the disk of the service's data folder"
    ending = f" ({hint})" if hint else ""
    return message[: REASON_CHARACTERS - len(ending)] + ending
