"""The requests' parts that are SageMaker's built-in factorization machines' own.

Source: DescribeTrainingJob of AWS's algorithm and its documentation, also for which hyperparameters can be tuned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from pipeline.config.model import PipelineConfig
from pipeline.errors import ConfigError, TrainingError
from pipeline.factorization.hyperparameters import Hyperparameters, validate
from pipeline.factorization.metrics import METRICS, written
from pipeline.factorization.table import KINDS, NOT_TUNABLE
from pipeline.plan.context import Context
from pipeline.plan.job_arguments import hyperparameters
from pipeline.plan.steps import Fill
from pipeline.recordio import CONTENT_TYPE
from pipeline.training.kinds import Kind

_SIZE = "feature_dim"
_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
# AWS's limit to the wait of a spot job whose algorithm keeps no checkpoints, in seconds.
_LONGEST_WAIT = 3600


class FactorizationMachines:
    """See Algorithm. The validation split is the channel that AWS's algorithm calls test."""

    title = "SageMaker's factorization machines"
    image = "factorization_machines"
    channels: Mapping[str, str] = MappingProxyType({"train": "train", "test": "validation"})
    checkpoints = False

    def check(self, context: Context) -> None:
        _checked(context)
        job, tuning = context.sagemaker.training, context.sagemaker.tuning
        if job.spot and (job.max_wait or 2 * job.max_runtime) > _LONGEST_WAIT:
            raise ConfigError(
                f"sagemaker.training.max_wait: factorization machines keep no checkpoints, and AWS lets such spot jobs "
                f"wait and run {_LONGEST_WAIT} seconds at most",
                hint="say max_runtime and max_wait, or leave spot out",
            )
        if tuning is not None and (tuning.early_stopping or tuning.strategy == "Hyperband"):
            raise ConfigError(
                "sagemaker.tuning: factorization machines measure the test channel once, at their end: nothing "
                "stops them early",
                hint="leave early_stopping out, and strategy Hyperband",
            )

    def content_type(self, config: PipelineConfig) -> str:
        return CONTENT_TYPE

    def hyperparameters(self, context: Context) -> dict[str, str]:
        return hyperparameters(context.config)

    def fill(self, context: Context, member: str) -> Fill | None:
        """feature_dim, where the file leaves it to the data."""
        if _SIZE in context.config.training.hyperparameters:
            return None
        return Fill(f"{context.places.etl}/summary.json", {f"{member}.{_SIZE}": _SIZE})

    def metric_definitions(self, context: Context, objective: str) -> list[dict[str, str]]:
        found = METRICS[_checked(context).predictor_type]
        return [
            {
                "Name": f"{channel}:{metric}",
                "Regex": rf"#quality_metric: host=\S+, {epoch}{channel} {re.escape(written(metric))} <\w+>={_NUMBER}",
            }
            for channel, epoch in (("train", r"epoch=\d+, "), ("test", ""))
            for metric in found
        ]

    def direction(self, context: Context, objective: str) -> str:
        allowed = {f"test:{name}": more for name, more in METRICS[_checked(context).predictor_type].items()}
        if objective not in allowed:
            raise ConfigError(
                f"sagemaker.tuning.objective: found {objective!r}; expected one of {', '.join(allowed)}, with "
                f"predictor_type {_checked(context).predictor_type}"
            )
        return "Maximize" if allowed[objective] else "Minimize"

    def main_name(self, hyperparameter: str) -> str:
        return hyperparameter

    def kind(self, hyperparameter: str) -> Kind | None:
        return None if hyperparameter in NOT_TUNABLE else KINDS.get(hyperparameter)


def check_hyperparameters(config: PipelineConfig) -> Hyperparameters:
    """The hyperparameters of a pipeline file, feature_dim perhaps not among them; raises ConfigError."""
    try:
        return validate(hyperparameters(config), may_lack_size=True)
    except TrainingError as error:
        raise ConfigError(f"training.hyperparameters: {error.message}", hint=error.hint) from error


def _checked(context: Context) -> Hyperparameters:
    return check_hyperparameters(context.config)
