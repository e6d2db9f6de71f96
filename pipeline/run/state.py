"""What the steps of a run hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import PipelineConfig
from pipeline.run.data import Source
from pipeline.run.progress import Progress

if TYPE_CHECKING:
    from pipeline.report import ReportData
    from pipeline.verification.verify import Verification


@dataclass
class Run:
    """The configuration, the folder whose files the steps share, and the record that grows into run.json.

    `given` is the user's input, if any. Fields below `record` are set by the step that their comment names.
    """

    config: PipelineConfig
    file: Path
    folder: Path
    progress: Progress
    given: Path | None = None
    record: dict[str, Any] = field(default_factory=dict)
    # input: where the rows are
    source: Source = field(init=False, repr=False)
    # verification: the test rows, with their labels and predictions
    verified: Verification = field(init=False, repr=False)
    # endpoint: the scorer's answer to those rows, line by line of CSV, which endpoint and batch must give too
    expected: list[str] = field(init=False, repr=False)
    # evaluation: what the report draws
    report_data: ReportData = field(init=False, repr=False)

    @property
    def work(self) -> Path:
        """What the steps need of each other and nobody afterwards."""
        return self.folder / "work"

    @property
    def logs(self) -> Path:
        """The output of the steps' programs."""
        return self.folder / "logs"

    @property
    def etl(self) -> Path:
        """What the Spark job wrote."""
        return self.work / "etl"

    @property
    def booster(self) -> Path:
        """The model as training wrote it."""
        return self.work / "training" / "model" / "xgboost-model"

    def model(self, layout: str) -> Path:
        """One of the model archives: sparkml, xgboost or fused."""
        return self.folder / "model" / layout / "model.tar.gz"
