"""One run in, one HTML file out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.report.checks import check
from pipeline.report.predictions import ReportData


def write_report(run: Mapping[str, Any], predictions: ReportData, path: Path) -> None:
    """Write the run as one HTML page, without scripts or anything to fetch; equal input gives equal bytes.

    `run` is the document saved as run.json. `name`, `status` and `task` are needed, every other part may be
    missing and its section then is too. Raises DataError where parts contradict each other: metrics that the
    predictions do not have, a number of test rows that is not theirs, parity totals that its pairs deny.
    """
    check(run, predictions)

    from pipeline.report.page import render

    path.write_text(render(run, predictions), encoding="utf-8", newline="\n")
