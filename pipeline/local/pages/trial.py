"""A prediction tried from a page's form, and the answer in words."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pipeline.local.endpoints.invocation import INFERENCE_COMPONENT, INVOKED_VARIANT
from pipeline.local.hosting import Hosting

_SHOWN = 20_000


@dataclass(frozen=True)
class Trial:
    """What was sent and what came back; `answer` is the whole reply's text, or its beginning where `cut`.

    `component` is the inference component that was asked, empty where none was. `problem` says in words what was wrong,
    empty where nothing was. `milliseconds` is the time of the invocation.
    """

    component: str
    content_type: str
    body: str
    status: int
    reason: str
    milliseconds: float
    variant: str
    answer_type: str
    answer: str
    cut: bool
    problem: str


async def invoke(hosting: Hosting, endpoint: str, form: Mapping[str, str]) -> Trial:
    """Sends a form's fields as InvokeEndpoint would be: `content_type`, `body` and, for a component, `component`."""
    # Browsers send every line break of a form as CR LF.
    content_type, body = form.get("content_type", ""), form.get("body", "").replace("\r\n", "\n")
    component = form.get("component", "")
    named = {INFERENCE_COMPONENT: component} if component else {}
    started = time.perf_counter()
    reply = await hosting.invoke(endpoint, body.encode("utf-8", "replace"), {"content-type": content_type, **named})
    took = (time.perf_counter() - started) * 1e3
    text = reply.body.decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Trial(
        component,
        content_type,
        body,
        int(reply.status),
        HTTPStatus(reply.status).phrase,
        took,
        headers.get(INVOKED_VARIANT, ""),
        headers.get("content-type", ""),
        text[:_SHOWN],
        len(text) > _SHOWN,
        problem(text) if reply.status >= HTTPStatus.BAD_REQUEST else "",
    )


def problem(text: str) -> str:
    """The words in an error of the runtime: the container's own where it gave any, else the runtime's."""
    document = _object(text)
    error = _object(document.get("OriginalMessage", "")).get("error")
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        hint = error.get("hint")
        return f"{error['message']}: {hint}" if isinstance(hint, str) else error["message"]
    return str(document.get("OriginalMessage") or document.get("Message") or text)


def _object(text: Any) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
