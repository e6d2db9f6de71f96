"""Training by xgboost.spark, for data that does not leave its Spark cluster: the built-in training's model.

Source: xgboost.spark.SparkXGBRegressor, whose tasks of one barrier stage train by XGBoost's own collective.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.errors import TrainingError
from pipeline.training.hyperparameters import Hyperparameters
from pipeline.training.metrics import EXTRA

# What XGBoost's scikit-learn interface calls SageMaker's hyperparameters.
_NAMES = {
    "eta": "learning_rate",
    "lambda": "reg_lambda",
    "alpha": "reg_alpha",
    "seed": "random_state",
}


@dataclass(frozen=True)
class ClusterResult:
    """A trained model: the booster in UBJSON, ended at the best round where training stopped early.

    `evals` holds each metric of each round by channel and name; `best_iteration` counts from 0. `fitted` is the
    `SparkXGBRegressorModel`.
    """

    model: bytes
    evals: dict[str, dict[str, list[float]]]
    best_iteration: int
    fitted: Any

    @property
    def rounds(self) -> int:
        """How many rounds were done."""
        return max((len(scores) for log in self.evals.values() for scores in log.values()), default=0)


def check_cluster(hyperparameters: Hyperparameters) -> None:
    """Refuses, with a TrainingError, what xgboost.spark cannot do or these channels do not carry."""
    if hyperparameters.task.family in ("ranking", "survival"):
        raise TrainingError(f"objective {hyperparameters.objective}: on Spark its channels are not read")
    if hyperparameters.csv_weights:
        raise TrainingError("csv_weights: found '1'; on Spark the processing job's channels are read: they have none")
    if hyperparameters.params.get("tree_method") == "exact":
        raise TrainingError("tree_method: found 'exact'; expected auto, approx or hist on several workers")
    extra = [name for name in hyperparameters.eval_metric if name in EXTRA]
    if extra:
        raise TrainingError(f"eval_metric: {extra[0]!r} is not measured on Spark", hint="name one of XGBoost's own")


def train_on_cluster(
    hyperparameters: Hyperparameters, rows: Any, *, workers: int, missing: float, validation: bool
) -> ClusterResult:
    """Trains on a DataFrame of `label` (double), `values` (array of doubles) and `is_validation` (boolean).

    A value that is NaN or `missing` is missing. With `validation` the rows that are flagged are not learned but
    evaluated, and early stopping watches the last metric on them. Each of so many workers is one Spark task with
    spark.task.cpus threads. Raises TrainingError, and what Spark raises.
    """
    import xgboost
    from xgboost.spark import SparkXGBRegressor

    check_cluster(hyperparameters)
    # For every objective: the estimator only carries the rounds, the objective says what is learned.
    estimator = SparkXGBRegressor(
        features_col="values",
        label_col="label",
        num_workers=workers,
        missing=missing,
        n_estimators=hyperparameters.num_round,
        # Both splits must be on every worker.
        force_repartition=True,
        **({"validation_indicator_col": "is_validation"} if validation else {}),
        **_early_stopping(hyperparameters),
        **_params(hyperparameters),
    )
    fitted = estimator.fit(rows)
    booster: xgboost.Booster = fitted.get_booster()
    history = fitted.training_summary
    evals = {"train": history.train_objective_history, "validation": history.validation_objective_history}
    rounds = booster.num_boosted_rounds()
    best = booster.best_iteration if hyperparameters.early_stopping_rounds else rounds - 1
    return ClusterResult(
        bytes(booster[: best + 1].save_raw("ubj")), {name: log for name, log in evals.items() if log}, best, fitted
    )


def _params(hyperparameters: Hyperparameters) -> dict[str, Any]:
    # The number of threads is Spark's to say.
    params = {_NAMES.get(name, name): value for name, value in hyperparameters.params.items() if name != "nthread"}
    if hyperparameters.eval_metric:
        params["eval_metric"] = list(hyperparameters.eval_metric)
    return {**params, "verbosity": hyperparameters.verbosity}


def _early_stopping(hyperparameters: Hyperparameters) -> dict[str, Any]:
    rounds = hyperparameters.early_stopping_rounds
    return {"early_stopping_rounds": rounds} if rounds else {}
