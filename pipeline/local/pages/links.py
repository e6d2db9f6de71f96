"""Where the page of each resource is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from markupsafe import Markup

from pipeline.local import states
from pipeline.local.pages.request import PREFIX


@dataclass(frozen=True)
class JobWords:
    """A kind of job in a path, and in words."""

    path: str
    title: str


JOBS: Mapping[str, JobWords] = MappingProxyType(
    {
        states.PROCESSING_JOB: JobWords("processing", "Processing"),
        states.TRAINING_JOB: JobWords("training", "Training"),
        states.TUNING_JOB: JobWords("tuning", "Tuning"),
        states.TRANSFORM_JOB: JobWords("transform", "Transform"),
        states.GLUE_JOB_RUN: JobWords("glue", "Glue"),
    }
)
KINDS: Mapping[str, str] = MappingProxyType({words.path: kind for kind, words in JOBS.items()})


@dataclass(frozen=True)
class Link:
    """Text that leads to a page."""

    text: str
    href: str

    def __html__(self) -> str:
        return Markup('<a href="{}">{}</a>').format(self.href, self.text)


def link(kind: str, name: str, text: str | None = None) -> Link:
    """A job, model or endpoint by its name, or by a text for people."""
    folder = f"jobs/{JOBS[kind].path}" if kind in JOBS else f"{kind}s"
    return Link(text or name, f"{PREFIX}{folder}/{quote(name, safe='')}")
