"""Hyperband's resources: the boosting rounds that a training job may use.

As on SageMaker the halving is asynchronous: a job is stopped at a rung, MinResource times a power of 3, unless its
metric there is among the best third of what others of its bracket had.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.local.errors import ValidationException

# SageMaker takes MaxResource from these hyperparameters; the built-in XGBoost's word for them is added.
_NAMES = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs", "num_round")


@dataclass(frozen=True)
class Resources:
    """The least and the most rounds of a job."""

    least: int
    most: int

    @classmethod
    def of(cls, config: Mapping[str, Any], static: Mapping[str, str]) -> Resources:
        """The resources of a HyperParameterTuningJobConfig; raises ValidationException where they are not known."""
        given = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
        named = next((static[name] for name in _NAMES if static.get(name, "").isdigit()), None)
        most = given.get("MaxResource") or (int(named) if named else None)
        if most is None:
            raise ValidationException(
                "Hyperband needs MaxResource",
                hint=f"give it in HyperbandStrategyConfig, or one of {', '.join(_NAMES)} as a static hyperparameter",
            )
        least = given.get("MinResource", 1)
        if not 1 <= least <= most:
            raise ValidationException(f"MinResource {least} must be from 1 to MaxResource {most}")
        return cls(least, most)

    def pruner(self) -> Any:
        """Optuna's pruner."""
        from optuna.pruners import HyperbandPruner

        return HyperbandPruner(min_resource=self.least, max_resource=self.most, reduction_factor=3)

    def limit(self, hyperparameters: Mapping[str, str]) -> dict[str, str]:
        """Hyperparameters with no more rounds than MaxResource: a job that reaches it is at its end."""
        rounds = hyperparameters.get("num_round", "")
        if rounds.isdigit() and int(rounds) > self.most:
            return {**hyperparameters, "num_round": str(self.most)}
        return dict(hyperparameters)
