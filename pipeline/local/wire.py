"""SageMaker's wire format, JSON 1.1: an operation in a header, a JSON object in and out."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import PipelineError
from pipeline.local.errors import InternalFailure, SerializationException

_CONTENT_TYPE = "application/x-amz-json-1.1"
_CREDENTIAL = re.compile(r"Credential=[^/]+/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Reply:
    """An HTTP reply."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def scope_of(authorization: str) -> tuple[str, str] | None:
    """Region and service that a request was signed for; None where it was not signed. Source: AWS Signature V4."""
    found = _CREDENTIAL.search(authorization)
    return (found[1], found[2]) if found else None


def read_request(body: bytes) -> dict[str, Any]:
    """A request's members; raises SerializationException where the body is no JSON object."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise SerializationException(f"the request body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise SerializationException("the request body is not a JSON object")
    return document


def write_reply(document: Mapping[str, Any]) -> Reply:
    """A reply's members; an operation without output has an empty body. Times are seconds of the epoch."""
    return Reply(200, json.dumps(document).encode() if document else b"", _headers())


def write_error(error: PipelineError) -> Reply:
    """An error as AWS says it; one that is not the API's own is an InternalFailure."""
    code = error.code if error.http_status < 600 else InternalFailure.code
    message = f"{error.message} ({error.hint})" if error.hint else error.message
    body = json.dumps({"__type": code, "message": message}).encode()
    return Reply(error.http_status, body, {**_headers(), "x-amzn-ErrorType": code})


def _headers() -> dict[str, str]:
    return {"Content-Type": _CONTENT_TYPE, "x-amzn-RequestId": str(uuid.uuid4())}
