"""The boosting rounds: XGBoost's own training, with SageMaker's log lines, early stopping and an early end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.errors import TrainingError
from pipeline.training.checkpoints import Checkpoints
from pipeline.training.hosts.group import ALONE, Group
from pipeline.training.hyperparameters import Hyperparameters
from pipeline.training.metrics import EXTRA, is_maximized
from pipeline.training.rounds import boost
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
    group: Group = ALONE,
    checkpoints: Checkpoints | None = None,
) -> TrainingResult:
    """Trains on one `xgboost.DMatrix` and evaluates on it, and on another where there is one.

    Prints a line of metrics after each round, then tells `progress` the round (from 0) and its metrics. Ends
    after the round in which `should_stop` becomes true. In a `group` of several hosts each has its own rows and all
    get the same model; metrics are of all rows (auc and aucpr are XGBoost's mean over hosts), the first host prints
    them, and all end after the round in which any host's `should_stop` is true. With `checkpoints` the rounds go on
    from the last one. Raises TrainingError where early stopping has no validation, and for what XGBoost refuses.
    """
    import xgboost
    from xgboost.callback import CallbackContainer

    from pipeline.training.callbacks import MetricLines, StopWhen

    check_validation(hyperparameters, validation_matrix is not None)
    matrices = [train_matrix] if validation_matrix is None else [train_matrix, validation_matrix]
    # XGBoost asks them in order, up to the first that ends training: printing comes first, and the condition
    # last, so that early stopping has seen every round.
    callbacks = CallbackContainer(
        [
            *([MetricLines(progress)] if group.rank == 0 else []),
            *_early_stopping(hyperparameters),
            StopWhen(lambda: group.any(should_stop())),
        ],
        metric=_custom_metric(hyperparameters, group),
        output_margin=False,
    )
    try:
        with xgboost.config_context(verbosity=hyperparameters.verbosity), group.rounds():
            booster = boost(
                {**hyperparameters.params, **_native_metrics(hyperparameters)},
                hyperparameters.num_round,
                matrices,
                ("train", "validation")[: len(matrices)],
                callbacks=callbacks,
                group=group,
                checkpoints=checkpoints,
            )
            model = bytes(booster.save_raw("ubj"))
    except xgboost.core.XGBoostError as error:
        raise TrainingError(f"XGBoost refuses: {_reason(str(error))}") from error
    history = callbacks.history
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


def _custom_metric(hyperparameters: Hyperparameters, group: Group) -> Any:
    from pipeline.training.extra_metrics import custom_metric

    extra = [metric for metric in hyperparameters.eval_metric if metric in EXTRA]
    return (
        custom_metric(extra, hyperparameters.objective, hyperparameters.num_class or 2, group.total) if extra else None
    )


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
