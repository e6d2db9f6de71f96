"""The requests' parts that are SageMaker's built-in XGBoost's own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.config.model import PipelineConfig
from pipeline.errors import ConfigError, TrainingError
from pipeline.plan.context import Context
from pipeline.plan.images import is_uri
from pipeline.plan.job_arguments import hyperparameters
from pipeline.plan.metrics import direction, metric_definitions
from pipeline.training.hyperparameters import Hyperparameters, validate
from pipeline.training.kinds import Kind
from pipeline.training.table import ALIASES, KINDS, WITHOUT_EFFECT

# XGBoost's own, which AWS's container refuses as extraneous.
_NOT_AWS = ("huber_slope",)


class XGBoost:
    """See Algorithm."""

    title = "SageMaker's XGBoost"
    image = "xgboost"
    channels: Mapping[str, str] = MappingProxyType({"train": "train", "validation": "validation"})
    checkpoints = True

    def check(self, context: Context) -> None:
        _checked(context)

    def content_type(self, config: PipelineConfig) -> str:
        return config.training.content_type

    def hyperparameters(self, context: Context) -> dict[str, str]:
        """The file's without those that have no effect any more: AWS's container does not know them all."""
        given = hyperparameters(context.config)
        for name in _NOT_AWS:
            if name in given and not is_uri(context.sagemaker.images.xgboost):
                raise ConfigError(f"training.hyperparameters.{name}: AWS's XGBoost container does not know it")
        return {name: value for name, value in given.items() if name not in WITHOUT_EFFECT}

    def fill(self, context: Context, member: str) -> None:
        return None

    def metric_definitions(self, context: Context, objective: str) -> list[dict[str, str]]:
        return metric_definitions(_checked(context), objective)

    def direction(self, context: Context, objective: str) -> str:
        return direction(objective, _checked(context))

    def main_name(self, hyperparameter: str) -> str:
        return ALIASES.get(hyperparameter, hyperparameter)

    def kind(self, hyperparameter: str) -> Kind | None:
        return KINDS.get(self.main_name(hyperparameter))


def _checked(context: Context) -> Hyperparameters:
    try:
        return validate(hyperparameters(context.config))
    except TrainingError as error:
        raise ConfigError(f"training.hyperparameters: {error.message}", hint=error.hint) from error
