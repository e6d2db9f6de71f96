"""The rule by which SageMaker's TrainingJobEarlyStoppingType Auto stops a training job."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median

from pipeline.local.tuning.objective import Objective

# A median of fewer jobs says little.
_ENOUGH = 3


def is_worse_than_median(values: Sequence[float], finished: Sequence[Sequence[float]], objective: Objective) -> bool:
    """Whether a job whose metric has these values, round by round, is to be stopped.

    It is if its last value is worse than the median, over the finished jobs, of their average up to the same round.
    Source: SageMaker, how early stopping works.
    """
    usable = [series for series in finished if series]
    if not values or len(usable) < _ENOUGH:
        return False
    middle = median(fmean(series[: len(values)]) for series in usable)
    return objective.better(middle, than=values[-1])
