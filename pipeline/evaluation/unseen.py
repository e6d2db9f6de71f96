"""The test split of a run: rows that no training job has seen, on which models are measured."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pipeline.config.model import PipelineConfig
from pipeline.config.ratings import Ratings
from pipeline.errors import ModelError
from pipeline.evaluation.metrics import evaluate, task_of
from pipeline.evaluation.models import fetch, load_scorer
from pipeline.plan.job_arguments import hyperparameters
from pipeline.schema import parse_schema
from pipeline.sending.objects import download_folder, read

# What the Spark job keeps of the test split, with labels as numbers.
_ROWS = "verification"


class Unseen(Protocol):
    """Rows that no training job has seen."""

    @property
    def count(self) -> int:
        """How many they are."""

    def measure(self, archives: Sequence[str]) -> dict[str, Any]:
        """The metrics of the model of these archives, with their baseline; raises PipelineError."""


def read_unseen(config: PipelineConfig, s3: Any, root: str) -> Unseen:
    """The split that the Spark job of the run below `root` has left; raises DataError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if config.ratings is None:
            import pyarrow.parquet as pq

            download_folder(s3, f"{root}/etl/{_ROWS}", folder)
            label = parse_schema(read(s3, f"{root}/etl/schema.json").decode()).label
            return _Rows(config, s3, pq.read_table(folder), None if label is None else label.classes)
        from pipeline.evaluation.recommender import read_split

        for split in ("train", "test"):
            download_folder(s3, f"{root}/etl/{split}", folder / split)
        counts = json.loads(read(s3, f"{root}/etl/summary.json"))["ratings"]
        return _Ratings(config.ratings, s3, read_split(folder / "train"), read_split(folder / "test"), counts)


@dataclass(frozen=True)
class _Rows:
    """Rows of a contract, for a bundle with a booster; `classes` are the label's, in the order of its numbers."""

    config: PipelineConfig
    s3: Any
    rows: Any
    classes: tuple[str, ...] | None

    @property
    def count(self) -> int:
        return int(self.rows.num_rows)

    def measure(self, archives: Sequence[str]) -> dict[str, Any]:
        scorer = load_scorer(self.s3, archives, self.config.features.column)
        label = scorer.contract.label
        if scorer.booster is None or label is None:
            raise ModelError("the model has no booster, or its contract no label: there is nothing to measure")
        if (scorer.classes or label.classes) != self.classes:
            raise ModelError("the model knows other classes than these rows have")
        count = len(self.classes) if self.classes else int(hyperparameters(self.config).get("num_class", "0"))
        prediction = scorer.predict(self.rows.select(scorer.schema.names))
        return evaluate(task_of(scorer.booster.objective), self.rows[label.name].to_numpy(), prediction, count)[0]


@dataclass(frozen=True)
class _Ratings:
    """One-hot rows of customers and items, for factorization machines."""

    section: Ratings
    s3: Any
    train: Any
    test: Any
    counts: dict[str, Any]

    @property
    def count(self) -> int:
        return len(self.test)

    def measure(self, archives: Sequence[str]) -> dict[str, Any]:
        from pipeline.evaluation.recommender import measure
        from pipeline.factorization import FILE
        from pipeline.factorization.model import FactorizationMachine

        files = fetch(self.s3, archives[0])
        if FILE not in files:
            raise ModelError(f"{archives[0]} holds no {FILE}", hint="is it a training job's archive?")
        return measure(
            FactorizationMachine.from_bytes(files[FILE]),
            self.train,
            self.test,
            customers=self.counts["customers"]["after"],
            items=self.counts["items"]["after"],
            top=self.section.top,
            positive=self.section.positive,
        )
