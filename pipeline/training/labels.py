"""Whether the rows of a channel can be learnt from: labels, weights and queries, checked before any round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import TrainingError
from pipeline.training.channels import Channel
from pipeline.training.hyperparameters import Hyperparameters


def check_train(channel: Channel, hyperparameters: Hyperparameters) -> None:
    """Accepts a channel to train on; DataError names the first bad row, TrainingError what is wrong with all."""
    check_rows(channel, hyperparameters)
    check_constant(channel.name, Spread.of(channel))


def check_rows(channel: Channel, hyperparameters: Hyperparameters) -> None:
    """Accepts labels that the objective and the metrics take, weights of 0 or more, and queries where needed."""
    check_each_row(channel, hyperparameters)
    check_spread(channel.name, Spread.of(channel), hyperparameters)


@dataclass(frozen=True)
class Spread:
    """What all rows say together: the lowest and highest label, and whether any weight is above 0."""

    lowest: float
    highest: float
    weighs: bool

    @classmethod
    def of(cls, channel: Channel) -> Spread:
        """The spread of a channel that has rows."""
        weighs = channel.weight is None or bool(channel.weight.any())
        return cls(float(channel.label.min()), float(channel.label.max()), weighs)

    @classmethod
    def together(cls, spreads: Sequence[Spread]) -> Spread:
        """The spread of several channels' rows."""
        return cls(
            min(each.lowest for each in spreads),
            max(each.highest for each in spreads),
            any(each.weighs for each in spreads),
        )


def check_constant(name: str, spread: Spread) -> None:
    """Refuses, with a TrainingError, rows that all have the same label."""
    if spread.lowest == spread.highest:
        raise TrainingError(
            f"channel {name!r}: every label is {spread.lowest:g}, there is nothing to learn",
            hint="is the label the first column?",
        )


def check_spread(name: str, spread: Spread, hyperparameters: Hyperparameters) -> None:
    """Refuses, with a TrainingError, rows that all weigh nothing, and one class only where a metric compares two."""
    if not spread.weighs:
        raise TrainingError(f"channel {name!r}: every weight is 0, no row counts")
    one_class = spread.lowest > 0.5 or spread.highest <= 0.5
    if one_class and hyperparameters.task.family == "binary" and {"auc", "aucpr"} & set(hyperparameters.eval_metric):
        raise TrainingError(f"channel {name!r} has labels of one class only: auc and aucpr need both")


def check_each_row(channel: Channel, hyperparameters: Hyperparameters) -> None:
    """Accepts rows one by one: label, weight, and the query's place; DataError names the first bad row."""
    _check_labels(channel, hyperparameters)
    if channel.weight is not None:
        _check_weights(channel, channel.weight)
    if hyperparameters.task.family == "ranking":
        _check_queries(channel, hyperparameters.objective)


def _check_labels(channel: Channel, hyperparameters: Hyperparameters) -> None:
    task, classes = hyperparameters.task, hyperparameters.num_class
    allowed, expected = task.allows(channel.label), f"{task.labels} with objective {hyperparameters.objective}"
    if classes is not None:
        allowed = allowed & (channel.label < classes)
        expected = f"a class index, a whole number from 0 to {classes - 1} with num_class {classes}"
    if not allowed.all():
        raise _first(channel, allowed, channel.label, "label", expected)


def _check_weights(channel: Channel, weight: np.ndarray[Any, Any]) -> None:
    allowed = (weight >= 0) & np.isfinite(weight)
    if not allowed.all():
        raise _first(channel, allowed, weight, "weight", "a number of 0 or more")


def _first(channel: Channel, allowed: Any, values: np.ndarray[Any, Any], column: str, expected: str) -> Exception:
    row = int(np.argmin(allowed))
    value = float(values[row])
    problem = f"the {column} is missing" if np.isnan(value) else f"found {value:g}"
    return channel.error(row, problem, column=column, value=None if np.isnan(value) else value, expected=expected)


def _check_queries(channel: Channel, objective: str) -> None:
    if channel.qid is None:
        raise TrainingError(
            f"objective {objective} ranks rows within their query, and channel {channel.name!r} has no queries",
            hint="libsvm carries them: label qid:1 0:0.5 1:2",
        )
    if channel.weight is not None:
        raise TrainingError(f"objective {objective} takes one weight a query, not one a row: leave weights out")
    starts = query_starts(channel.qid)
    _, first = np.unique(channel.qid[starts], return_index=True)
    if len(first) < len(starts):
        again = int(starts[np.setdiff1d(np.arange(len(starts)), first)[0]])
        raise channel.error(
            again,
            f"query {channel.qid[again]} begins a second time",
            column="qid",
            expected="the rows of a query one after another",
        )


def query_starts(qid: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The row at which each run of equal queries begins."""
    return np.flatnonzero(np.r_[True, qid[1:] != qid[:-1]])
