"""Templates, and the headers that every page goes out with."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from pipeline.local.pages import formats
from pipeline.local.wire import Reply
from pipeline.report.templates import templates

_FOLDER = Path(__file__).parent

# Whatever a log or a name says: nothing is loaded from elsewhere, and no script runs but our own file.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # With no referrer at all a browser would not name the form's origin either.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

_ASSETS = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def page(template: str, status: int = HTTPStatus.OK, **values: Any) -> Reply:
    """A rendered page."""
    text = _environment().get_template(template).render(values)
    # Half a surrogate pair is no text, but may stand in a log.
    return Reply(int(status), text.encode("utf-8", "replace"), {"Content-Type": "text/html; charset=utf-8", **_HEADERS})


def asset(name: str) -> Reply | None:
    """A file that the pages load, or None."""
    if name not in _ASSETS:
        return None
    content = (_FOLDER / name).read_bytes()
    if name == "style.css":
        # The colours are those of a run's report.
        content = (files("pipeline.report") / "theme.css").read_bytes() + content
    return Reply(HTTPStatus.OK, content, {"Content-Type": _ASSETS[name], **_HEADERS})


@cache
def _environment() -> Environment:
    environment = templates(_FOLDER, StrictUndefined)
    environment.filters.update(moment=formats.moment, clock=formats.clock, tone=formats.tone)
    return environment
