"""The objectives of SageMaker's built-in XGBoost: their family, and the labels and base score they accept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline.training.kinds import Kind, Real

Family = Literal["regression", "binary", "multiclass", "ranking", "survival"]
Labels = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class Objective:
    """One objective; `allows` tells for each label whether it is accepted, `labels` says the same in words."""

    family: Family
    labels: str = "a finite number"
    allows: Callable[[Labels], Any] = np.isfinite
    base_score: Kind = Real("[0, inf)")  # noqa: RUF009 - frozen


def _probability(label: Labels) -> Any:
    return (label >= 0) & (label <= 1)


def _zero_or_one(label: Labels) -> Any:
    return (label == 0) | (label == 1)


def _not_negative(label: Labels) -> Any:
    return (label >= 0) & np.isfinite(label)


def _positive(label: Labels) -> Any:
    return (label > 0) & np.isfinite(label)


def _above_minus_one(label: Labels) -> Any:
    return (label > -1) & np.isfinite(label)


def _relevance(label: Labels) -> Any:
    # The gain is 2^label - 1: XGBoost stops at 31.
    return (label >= 0) & (label <= 31) & (label == np.floor(label))


def _class_index(label: Labels) -> Any:
    return (label >= 0) & np.isfinite(label) & (label == np.floor(label))


_OPEN_UNIT = Real("(0, 1)")
_ABOVE_ZERO = Real("(0, inf)")

OBJECTIVES: dict[str, Objective] = {
    "reg:squarederror": Objective("regression"),
    "reg:squaredlogerror": Objective("regression", "a number above -1", _above_minus_one),
    "reg:absoluteerror": Objective("regression"),
    "reg:pseudohubererror": Objective("regression"),
    "reg:logistic": Objective("regression", "a number from 0 to 1", _probability, _OPEN_UNIT),
    "reg:gamma": Objective("regression", "a number above 0", _positive, _ABOVE_ZERO),
    "reg:tweedie": Objective("regression", "a number of 0 or more", _not_negative, _ABOVE_ZERO),
    "count:poisson": Objective("regression", "a number of 0 or more", _not_negative, _ABOVE_ZERO),
    "binary:logistic": Objective("binary", "a number from 0 to 1", _probability, _OPEN_UNIT),
    "binary:logitraw": Objective("binary", "a number from 0 to 1", _probability, _OPEN_UNIT),
    "binary:hinge": Objective("binary", "0 or 1", _zero_or_one),
    "multi:softmax": Objective("multiclass", "a class index from 0 up", _class_index),
    "multi:softprob": Objective("multiclass", "a class index from 0 up", _class_index),
    "rank:pairwise": Objective("ranking", "a relevance: a whole number from 0 to 31", _relevance),
    "rank:ndcg": Objective("ranking", "a relevance: a whole number from 0 to 31", _relevance),
    "rank:map": Objective("ranking", "0 or 1", _zero_or_one),
    "survival:cox": Objective("survival"),
    "survival:aft": Objective("survival"),
}
