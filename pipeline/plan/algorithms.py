"""What the requests of training and tuning differ in by the built-in algorithm that is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pipeline.config.model import PipelineConfig
from pipeline.plan.context import Context
from pipeline.plan.factorization_machines import FactorizationMachines
from pipeline.plan.steps import Fill
from pipeline.plan.xgboost import XGBoost
from pipeline.training.kinds import Kind


class Algorithm(Protocol):
    """One of SageMaker's built-in algorithms."""

    title: str
    # The key of its image in sagemaker.images.
    image: str
    # Its channels, and the split that each has.
    channels: Mapping[str, str]
    # Whether it goes on from checkpoints.
    checkpoints: bool

    def check(self, context: Context) -> None:
        """Refuses what the training job would, with a ConfigError that names the key."""

    def content_type(self, config: PipelineConfig) -> str:
        """What its channels hold."""

    def hyperparameters(self, context: Context) -> dict[str, str]:
        """Those that are sent."""

    def fill(self, context: Context, member: str) -> Fill | None:
        """Hyperparameters that only the Spark job knows; `member` is where the request has them."""

    def metric_definitions(self, context: Context, objective: str) -> list[dict[str, str]]:
        """The metrics that its lines say, for a copy of its image."""

    def direction(self, context: Context, objective: str) -> str:
        """Maximize or Minimize; ConfigError for an objective that it does not have."""

    def main_name(self, hyperparameter: str) -> str:
        """The name that an alias stands for."""

    def kind(self, hyperparameter: str) -> Kind | None:
        """What a hyperparameter takes that can be tuned; None for any other name."""


def algorithm_of(config: PipelineConfig) -> Algorithm:
    """The algorithm of a pipeline file."""
    found: dict[str, Algorithm] = {"xgboost": XGBoost(), "factorization-machines": FactorizationMachines()}
    return found[config.training.algorithm]


def image_keys(config: PipelineConfig) -> dict[str, Any]:
    """Where a request's image is said."""
    return {"AlgorithmSpecification__TrainingImage": f"sagemaker.images.{algorithm_of(config).image}"}
