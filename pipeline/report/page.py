"""The templates, and what they are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined
from markupsafe import Markup

from pipeline.report.columns import columns
from pipeline.report.figures import data_plots, evaluation_plots, model_plots
from pipeline.report.headline import cards, notices, sentence
from pipeline.report.metrics import metric_rows
from pipeline.report.parity import engine_names, verdict
from pipeline.report.predictions import ReportData
from pipeline.report.reproduce import command
from pipeline.report.templates import templates
from pipeline.report.timings import timings

FOLDER = Path(__file__).parent
STYLES = ("theme.css", "layout.css", "parts.css", "print.css")


def render(run: Mapping[str, Any], data: ReportData) -> str:
    """The page's text."""
    style = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in STYLES)
    return (
        # Chainable: a missing part of the run is an empty value, however deep the template asks.
        templates(FOLDER, ChainableUndefined)
        .get_template("page.j2")
        .render(
            run=run,
            style=Markup(style),  # noqa: S704 - our own file
            sentence=sentence(run),
            cards=cards(run),
            notices=notices(run),
            verdict=verdict(run.get("verification")),
            engines=engine_names(run.get("verification")),
            metrics=metric_rows(run),
            columns=columns(run),
            evaluation_plots=evaluation_plots(run, data),
            model_plots=model_plots(run),
            data_plots=data_plots(run),
            timings=timings(run),
            command=command(run),
        )
    )
