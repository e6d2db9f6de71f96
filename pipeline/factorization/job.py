"""A training job: configuration and channels in, model and metrics out, in SageMaker's folders."""

from __future__ import annotations

import json
import logging
import math
from pathlib import Path
from typing import ClassVar

from pipeline.errors import TrainingError
from pipeline.factorization import FILE
from pipeline.factorization.channels import read_channel
from pipeline.factorization.fit import Fitted, fit
from pipeline.factorization.hyperparameters import Hyperparameters, validate
from pipeline.factorization.metrics import lines
from pipeline.recordio import CONTENT_TYPE
from pipeline.training.container import Container, write_whole
from pipeline.training.watching import Condition, never

_log = logging.getLogger(__name__)


class FactorizationContainer(Container):
    """The layout of a training container of factorization machines."""

    model_file: ClassVar[str] = FILE
    channels: ClassVar[tuple[str, ...]] = ("train", "test")
    default_content_type: ClassVar[str] = CONTENT_TYPE


def run_job(base: Path, *, should_stop: Condition = never) -> Fitted:
    """Reads, trains, and writes `model/model_algo-1` and `output/data/metrics.json` below a base folder.

    Raises TrainingError and DataError for what cannot be trained on; then nothing is written.
    """
    container = FactorizationContainer(base)
    host, hosts = container.hosts()
    if len(hosts) > 1:
        raise TrainingError(
            f"{len(hosts)} hosts: factorization machines are trained on one here", hint="InstanceCount: 1"
        )
    hyperparameters = validate(container.hyperparameters())
    content_types = container.content_types()
    channels = {
        name: read_channel(container.channel(name), kind, hyperparameters) for name, kind in content_types.items()
    }
    for name, rows in channels.items():
        _log.info("channel %s: %d rows, %d features", name, len(rows), hyperparameters.feature_dim)

    def tell(epoch: int, metrics: dict[str, dict[str, float]]) -> None:
        _say(lines("train", metrics["train"], hyperparameters.predictor_type, host, epoch))

    fitted = fit(hyperparameters, channels["train"], channels.get("test"), progress=tell, should_stop=should_stop)
    if "test" in fitted.evals:
        last = {name: values[-1] for name, values in fitted.evals["test"].items()}
        _say(lines("test", last, hyperparameters.predictor_type, host, None))
    write_whole(container.metrics, _metrics(fitted, hyperparameters, content_types["train"]))
    write_whole(container.model, fitted.model.to_bytes())
    return fitted


def _say(said: list[str]) -> None:
    for line in said:
        print(line, flush=True)


def _metrics(fitted: Fitted, hyperparameters: Hyperparameters, content_type: str) -> bytes:
    document = {
        "rounds": fitted.epochs,
        "evals": {
            channel: {name: list(map(_number, values)) for name, values in log.items()}
            for channel, log in fitted.evals.items()
        },
        "content_type": content_type,
        "num_feature": hyperparameters.feature_dim,
        "predictor_type": hyperparameters.predictor_type,
    }
    return json.dumps(document, indent=2, allow_nan=False).encode() + b"\n"


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
