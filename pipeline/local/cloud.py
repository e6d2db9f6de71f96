"""What clients need around SageMaker, from moto's server: S3, STS, IAM roles, CloudWatch Logs, Secrets Manager."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from typing import Any

from pipeline.local.iam import answer_iam
from pipeline.local.wire import scope_of

# What a service is signed for. Nothing that moto runs containers or code for may be added.
SERVICES = frozenset({"s3", "sts", "iam", "logs", "secretsmanager", "kms"})

_NOT_SERVED = """<?xml version="1.0" encoding="UTF-8"?>
<ErrorResponse><Error><Type>Sender</Type><Code>UnknownOperationException</Code><Message>{message}</Message></Error>
<Code>UnknownOperationException</Code><Message>{message}</Message></ErrorResponse>"""

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def make_cloud() -> WsgiApp:
    """moto's server as a WSGI application that serves SERVICES and nothing else.

    moto keeps its state in this process, once: one service a process.
    """
    import os

    # moto takes the host's first label for a bucket where it is no IP address.
    os.environ.setdefault("S3_IGNORE_SUBDOMAIN_BUCKETNAME", "true")
    from moto.server import DomainDispatcherApplication, create_backend_app

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto: WsgiApp = DomainDispatcherApplication(create_backend_app)

    def cloud(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        service = service_of(environ)
        if service not in SERVICES or environ["PATH_INFO"].startswith(("/moto-api", "/latest/meta-data")):
            return _refuse(start_response, f"{service} is not served here; served are {', '.join(sorted(SERVICES))}")
        if service == "iam" and (answered := answer_iam(_body(environ))) is not None:
            start_response("200 OK", [("Content-Type", "text/xml")])
            return [answered]
        _keep_spelling(environ)
        return moto(environ, start_response)

    return cloud


def service_of(environ: Environ) -> str:
    """The service that a request is for; an unsigned or pre-signed one is for S3."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    scope = scope_of(authorization)
    return scope[1] if scope else "s3"


def forget_state() -> None:
    """Empties moto's services, as a new process has them."""
    from moto.backends import get_backend

    for service in SERVICES:
        get_backend(service).reset()


def _keep_spelling(environ: Environ) -> None:
    """Gives moto what WSGI loses: the path as it was sent, and underscores in the names of S3's metadata headers."""
    from moto.core.request import (
        PRESERVED_HEADER_NAMES_ENVIRON_KEY,
        environ_key_for_header,
        should_preserve_original_header_name,
    )

    scope = environ.get("asgi.scope", {})
    if "raw_path" in scope:
        environ["RAW_URI"] = scope["raw_path"].decode("latin-1")
    names = [name.decode("latin-1") for name, _ in scope.get("headers", ())]
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        environ_key_for_header(name): name for name in names if should_preserve_original_header_name(name)
    }


def _body(environ: Environ) -> bytes:
    """The request's body, which stays to be read again."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _refuse(start_response: Callable[..., Any], message: str) -> Iterable[bytes]:
    start_response("400 Bad Request", [("Content-Type", "text/xml")])
    return [_NOT_SERVED.format(message=message).encode()]
