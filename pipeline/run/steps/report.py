"""Report: the run as one HTML page."""

from __future__ import annotations

from pipeline.report import write_report
from pipeline.run.state import Run


def report_step(run: Run) -> str:
    """Writes report.html from the record as it stands."""
    write_report(run.record, run.report_data, run.folder / "report.html")
    return "report.html"
