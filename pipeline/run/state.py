"""What the steps of a run hand on to each other."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.config import PipelineConfig
from pipeline.packaging.packages import ModelSource
from pipeline.plan.steps import Plan
from pipeline.run.data import Source
from pipeline.run.progress import Progress

if TYPE_CHECKING:
    from pipeline.report import ReportData
    from pipeline.run.recommender.state import Recommender
    from pipeline.sending.clients import Clients
    from pipeline.verification.verify import Verification


@dataclass
class Run:
    """The configuration, the folder whose files the steps share, and the record that grows into run.json.

    `config` is the pipeline file as it is sent here, see place.py; `running` ends with the last step, and with it what
    was started there. `given` is the user's input, if any. Fields below `record` are set by the step that their comment
    names.
    """

    config: PipelineConfig
    file: Path
    folder: Path
    progress: Progress
    running: ExitStack
    given: Path | None = None
    record: dict[str, Any] = field(default_factory=dict)
    # input: where the rows are, and the requests that are sent
    source: Source = field(init=False, repr=False)
    plan: Plan = field(init=False, repr=False)
    # etl: clients of the service that gets them
    clients: Clients = field(init=False, repr=False)
    # packaging: what the archives are made of
    model_source: ModelSource = field(init=False, repr=False)
    # packaging, of a recommender: the model and its rows
    recommender: Recommender = field(init=False, repr=False)
    # verification: the test rows, with their labels and predictions
    verified: Verification = field(init=False, repr=False)
    # endpoint: the scorer's answer to those rows, line by line of CSV, and what the model's layout makes of it
    expected: list[str] = field(init=False, repr=False)
    answers: list[str] = field(init=False, repr=False)
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
    def trained(self) -> Path:
        """The training job's archive."""
        return self.work / "training" / "model.tar.gz"

    @property
    def takes_many_rows(self) -> bool:
        """Whether a request may hold several rows: AWS's SparkML container answers one."""
        return self.config.sagemaker.model.layout != "two-containers"

    def model(self, layout: str) -> Path:
        """One of the model archives: sparkml, xgboost, fused; trained, of a recommender."""
        return self.folder / "model" / layout / "model.tar.gz"
