"""What happens after each boosting round. Importing this module imports XGBoost."""

from __future__ import annotations

from typing import Any

from xgboost.callback import TrainingCallback

from pipeline.training.watching import Condition, Progress


class MetricLines(TrainingCallback):  # type: ignore[misc]
    r"""Prints a round's metrics as SageMaker's logs have them, and reports them.

    The line is `[0]\ttrain-rmse:8.10000\tvalidation-rmse:8.05000`: tuning jobs and log parsers read it.
    """

    def __init__(self, progress: Progress | None) -> None:
        super().__init__()
        self._progress = progress

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Called by XGBoost; never ends training."""
        latest = {channel: {name: scores[-1] for name, scores in log.items()} for channel, log in evals_log.items()}
        parts = [f"{channel}-{name}:{score:.5f}" for channel, log in latest.items() for name, score in log.items()]
        print("\t".join([f"[{epoch}]", *parts]), flush=True)
        if self._progress is not None:
            self._progress(epoch, latest)
        return False


class StopWhen(TrainingCallback):  # type: ignore[misc]
    """Ends training after the round in which a condition becomes true."""

    def __init__(self, condition: Condition) -> None:
        super().__init__()
        self._condition = condition

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Called by XGBoost; true ends training."""
        return self._condition()
