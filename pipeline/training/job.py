"""A training job: configuration and channels in, model and metrics out, in SageMaker's folders."""

from __future__ import annotations

import json
import logging
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import TrainingError
from pipeline.training.channels import read_channel
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.container import CHANNELS, Container, write_whole
from pipeline.training.hosts.group import ALONE, Group
from pipeline.training.hyperparameters import Hyperparameters, validate
from pipeline.training.matrices import check_features, to_dmatrix
from pipeline.training.shares import check_distributable, check_shares
from pipeline.training.train import TrainingResult, check_validation, train
from pipeline.training.watching import Condition, Progress, never

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A job whose configuration and data are read and checked: only the rounds are left to do.

    `matrices` are `xgboost.DMatrix`, of the train channel first. `zeros_are_missing` is True where a feature that
    is not written counts as missing, so that a row to score must leave out its zeros too.
    """

    container: Container
    hyperparameters: Hyperparameters
    matrices: tuple[Any, ...]
    content_type: str
    num_feature: int
    zeros_are_missing: bool
    group: Group = ALONE
    checkpoints: Checkpoints | None = None

    def run(self, *, progress: Progress | None = None, should_stop: Condition = never) -> TrainingResult:
        """Trains; then the first host writes `model/xgboost-model` and `output/data/metrics.json`.

        Raises TrainingError.
        """
        result = train(
            self.hyperparameters,
            *self.matrices,
            progress=progress,
            should_stop=should_stop,
            group=self.group,
            checkpoints=self.checkpoints,
        )
        if self.group.rank == 0:
            write_whole(self.container.metrics, self._metrics(result))
            write_whole(self.container.model, result.model)
        return result

    def _metrics(self, result: TrainingResult) -> bytes:
        import xgboost

        document = {
            "rounds": result.rounds,
            "best_iteration": result.best_iteration,
            "evals": {
                channel: {name: [_number(score) for score in scores] for name, scores in log.items()}
                for channel, log in result.evals.items()
            },
            "zeros_are_missing": self.zeros_are_missing,
            "content_type": self.content_type,
            "num_feature": self.num_feature,
            "xgboost_version": xgboost.__version__,
        }
        return json.dumps(document, indent=2, allow_nan=False).encode() + b"\n"


def prepare(base_dir: str | Path, group: Group = ALONE) -> Job:
    """Reads and checks `input/config/*.json` and `input/data/<channel>/` below a base folder.

    In a `group` of several hosts, some may have no rows of a channel. Raises TrainingError and DataError for what
    cannot be trained on.
    """
    container = Container(Path(base_dir))
    hosts = container.hosts()[1]
    if len(hosts) != len(group.names):
        raise TrainingError(f"resourceconfig.json names {len(hosts)} hosts; {len(group.names)} came")
    hyperparameters = validate(container.hyperparameters())
    for notice in hyperparameters.notices:
        _log.info("%s", notice)
    if len(hosts) > 1:
        check_distributable(hyperparameters)
    content_types = container.content_types()
    check_validation(hyperparameters, "validation" in content_types)
    folder = container.checkpoints()
    checkpoints = Checkpoints(folder, hyperparameters) if folder else None
    channels = [
        read_channel(
            container.channel(name),
            content_types[name],
            csv_weights=hyperparameters.csv_weights,
            may_be_empty=len(hosts) > 1,
        )
        for name in CHANNELS
        if name in content_types
    ]
    zeros_are_missing = channels[0].zeros_are_missing
    if any(channel.zeros_are_missing != zeros_are_missing for channel in channels):
        raise TrainingError("libsvm leaves out what is missing, other formats do not: give all channels one format")
    num_feature = check_shares(channels, hyperparameters, group)
    check_features(hyperparameters, num_feature)
    # Each channel's arrays go as soon as its matrix stands: XGBoost has its own copy.
    channels.reverse()
    matrices = tuple(to_dmatrix(channels.pop(), num_feature) for _ in range(len(channels)))
    return Job(
        container, hyperparameters, matrices, content_types["train"], num_feature, zeros_are_missing, group, checkpoints
    )


def run_job(
    base_dir: str | Path, *, progress: Progress | None = None, should_stop: Condition = never
) -> TrainingResult:
    """Prepares the job below a base folder and runs it; where it raises, neither model nor metrics are written."""
    return prepare(base_dir).run(progress=progress, should_stop=should_stop)


def _number(score: float) -> float | None:
    """JSON has no NaN: a metric that is not defined is null."""
    return score if math.isfinite(score) else None
