"""Templates of pages for people: escaped, with the report's way to say numbers."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Undefined

from pipeline.report import formats


def templates(folder: Path, undefined: type[Undefined]) -> Environment:
    """The templates of a folder; `undefined` is what a value is that was not given."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=undefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=formats.number,
        exact=formats.exact,
        percent=formats.percent,
        milliseconds=formats.milliseconds,
        duration=formats.duration,
        size=formats.size,
        date=formats.date,
    )
    return environment
