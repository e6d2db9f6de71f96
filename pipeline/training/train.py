"""The boosting rounds: XGBoost's own training, with SageMaker's log lines, early stopping and an early end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.errors import TrainingError
from pipeline.training.hyperparameters import Hyperparameters
from pipeline.training.metrics import EXTRA, is_maximized
from pipeline.training.watching import Condition, Progress, never


@dataclass(frozen=True)
class TrainingResult:
    """A trained model.

    `model` is the booster in UBJSON; with early stopping it ends at the best round. `evals` holds each metric
    of each round by channel and name. `best_iteration` counts from 0 and is the last round without early
    stopping; `rounds` is how many rounds were done.
    """

    model: bytes
    evals: dict[str, dict[str, list[float]]]
    best_iteration: int
    rounds: int


def train(
    hyperparameters: Hyperparameters,
    train_matrix: Any,
    validation_matrix: Any = None,
    *,
    progress: Progress | None = None,
    should_stop: Condition = never,
) -> TrainingResult:
    """Trains on one `xgboost.DMatrix` and evaluates on it, and on another where there is one.

    Prints a line of metrics after each round, then tells `progress` the round (from 0) and its metrics. Ends
    after the round in which `should_stop` becomes true. Raises TrainingError where early stopping has no
    validation, and for what XGBoost refuses.
    """
    import xgboost

    from pipeline.training.callbacks import MetricLines, StopWhen

    check_validation(hyperparameters, validation_matrix is not None)
    evals = [(train_matrix, "train")]
    if validation_matrix is not None:
        evals.append((validation_matrix, "validation"))
    # XGBoost asks them in order, up to the first that ends training: printing comes first, and the condition
    # last, so that early stopping has seen every round.
    callbacks = [MetricLines(progress), *_early_stopping(hyperparameters), StopWhen(should_stop)]
    history: dict[str, dict[str, list[float]]] = {}
    try:
        with xgboost.config_context(verbosity=hyperparameters.verbosity):
            booster = xgboost.train(
                {**hyperparameters.params, **_native_metrics(hyperparameters)},
                train_matrix,
                hyperparameters.num_round,
                evals=evals,
                evals_result=history,
                callbacks=callbacks,
                custom_metric=_custom_metric(hyperparameters),
                verbose_eval=False,
            )
            model = bytes(booster.save_raw("ubj"))
    except xgboost.core.XGBoostError as error:
        raise TrainingError(f"XGBoost refuses: {_reason(str(error))}") from error
    rounds = len(next(iter(history["train"].values())))
    best = booster.best_iteration if hyperparameters.early_stopping_rounds else rounds - 1
    return TrainingResult(
        model=model,
        evals={channel: {name: list(scores) for name, scores in log.items()} for channel, log in history.items()},
        best_iteration=best,
        rounds=rounds,
    )


def check_validation(hyperparameters: Hyperparameters, there: bool) -> None:
    """Refuses early stopping, with a TrainingError, where there is no validation channel to watch."""
    if hyperparameters.early_stopping_rounds and not there:
        raise TrainingError(
            "early_stopping_rounds needs a validation channel",
            hint="add the channel, or leave early_stopping_rounds out",
        )


def _native_metrics(hyperparameters: Hyperparameters) -> dict[str, Any]:
    native = [metric for metric in hyperparameters.eval_metric if metric not in EXTRA]
    if native:
        return {"eval_metric": native}
    return {"disable_default_eval_metric": True} if hyperparameters.eval_metric else {}


def _custom_metric(hyperparameters: Hyperparameters) -> Any:
    from pipeline.training.extra_metrics import custom_metric

    extra = [metric for metric in hyperparameters.eval_metric if metric in EXTRA]
    return custom_metric(extra, hyperparameters.objective) if extra else None


def _early_stopping(hyperparameters: Hyperparameters) -> list[Any]:
    from xgboost.callback import EarlyStopping

    if not hyperparameters.early_stopping_rounds:
        return []
    last = hyperparameters.eval_metric[-1] if hyperparameters.eval_metric else None
    return [
        EarlyStopping(
            rounds=hyperparameters.early_stopping_rounds,
            data_name="validation",
            metric_name=last,
            # XGBoost knows the direction of its own default metrics.
            maximize=is_maximized(last) if last else None,
            save_best=True,
        )
    ]


def _reason(message: str) -> str:
    """What XGBoost says, without its source line and stack trace."""
    text = message.split("Stack trace", 1)[0].strip().splitlines()[0]
    return text.split(": ", 1)[1] if text.startswith("[") and ": " in text else text
