"""Times and states as a person reads them; numbers, sizes and durations are as in the report of a run."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from pipeline.report.formats import NOTHING

_TONES = {
    "Completed": "good",
    "SUCCEEDED": "good",
    "InService": "good",
    "Failed": "bad",
    "FAILED": "bad",
    "UpdateRollbackFailed": "bad",
    "Stopped": "warn",
    "STOPPED": "warn",
    "TIMEOUT": "warn",
    "MaxRuntimeExceeded": "warn",
    "OutOfService": "warn",
}


def tone(status: str) -> str:
    """good, bad or warn where a status is the end of something, else busy: a name of a style."""
    return _TONES.get(status, "busy")


def moment(seconds: float | None) -> Markup:
    """A time of the epoch in this machine's zone, with the year where that is not this one; nothing as a dash."""
    if seconds is None:
        return Markup.escape(NOTHING)
    at = datetime.fromtimestamp(seconds).astimezone()
    year = "" if at.year == datetime.now().astimezone().year else f" {at.year}"
    iso = at.isoformat(timespec="milliseconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, iso, f"{at.day} {at:%b}{year}, {at:%H:%M:%S}")


def clock(seconds: float) -> Markup:
    """The time of day, for lines of a log."""
    at = datetime.fromtimestamp(seconds).astimezone()
    iso = at.isoformat(timespec="milliseconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, iso, f"{at:%H:%M:%S}")
