"""The metrics of SageMaker's built-in XGBoost, as AWS's own algorithm defines them.

Source: DescribeTrainingJob of AWS's algorithm, AlgorithmSpecification.MetricDefinitions.
"""

from __future__ import annotations

import re
from typing import Literal

from pipeline.errors import ConfigError, TrainingError
from pipeline.training.hyperparameters import Hyperparameters
from pipeline.training.metrics import NATIVE, canonical_metric, is_maximized

_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"


def metric_definitions(trained: Hyperparameters, objective: str = "") -> list[dict[str, str]]:
    """Names and patterns, on both channels, of the metrics asked for, or else of all that fit what is learned.

    A tab in a log line reads as #011 in CloudWatch Logs. `objective` is that of a tuning job.
    """
    fitting = [name for name, families in NATIVE.items() if trained.task.family in families]
    tuned = [objective.removeprefix("validation:")] if objective else []
    metrics = dict.fromkeys([*(trained.eval_metric or fitting), *tuned])
    return [
        {
            "Name": f"{channel}:{metric}",
            "Regex": rf".*\[[0-9]+\].*(?:#011|\s){channel}-{re.escape(metric)}:{_NUMBER}.*",
        }
        for channel in ("train", "validation")
        for metric in metrics
    ]


def direction(objective: str, trained: Hyperparameters) -> Literal["Maximize", "Minimize"]:
    """Which way is better for a tuning job's objective; ConfigError for a metric that the training job lacks."""
    metric = objective.removeprefix("validation:")
    power = float(trained.params.get("tweedie_variance_power", 1.5))
    try:
        canonical_metric(metric, trained.objective, power)
    except TrainingError as error:
        raise ConfigError(f"sagemaker.tuning.objective: {error.message}", hint=error.hint) from error
    return "Maximize" if is_maximized(metric) else "Minimize"
