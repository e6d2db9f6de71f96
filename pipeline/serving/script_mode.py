"""The endpoint inside SageMaker's own XGBoost container: the functions that its script mode calls.

Source: sagemaker-containers, `Transformer`: model_fn(model_dir) once a worker, transform_fn(model, body, content_type,
accept) a request, whose body is text for CSV and JSON, and bytes else.
"""

from __future__ import annotations

import os
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.serving.asgi import error_body
from pipeline.serving.endpoint import Endpoint, load_endpoint
from pipeline.serving.settings import Settings


def model_fn(model_dir: str) -> Any:
    """The endpoint of the fused archive that was unpacked into `model_dir`; raises PipelineError."""
    return load_endpoint(Path(model_dir), Settings.from_environment(os.environ))


def transform_fn(model: Endpoint, body: str | bytes, content_type: str, accept: str) -> Any:
    """The reply as a Flask response: as this project's own server answers, errors included."""
    from flask import Response

    content = body.encode("utf-8") if isinstance(body, str) else body
    try:
        reply = model.invoke(content, content_type, accept)
    except PipelineError as error:
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return Response(error_body(error.to_dict()), error.http_status, content_type="application/json")
    return Response(reply.body, content_type=reply.content_type.decode("latin-1"))
