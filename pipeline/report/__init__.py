"""A run as one HTML page: nothing is fetched, nothing is scripted; it reads in light, in dark and on paper.

`write_report(run, predictions, path)` writes it from the document saved as run.json and the test predictions.
"""

from pipeline.report.predictions import ReportData
from pipeline.report.write import write_report

__all__ = ["ReportData", "write_report"]
