"""Margins made probabilities: the logistic function and softmax as Spark computes them."""

from __future__ import annotations

from typing import Any

import numpy as np

_LEAST = -float(np.finfo(np.float64).max)


def logistic(margins: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """1 / (1 + exp(-m)) of each margin."""
    with np.errstate(all="ignore"):
        made: "np.ndarray[Any, Any]" = 1.0 / (1.0 + np.exp(-margins))
    return made


def softmax(margins: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """The probabilities of each row of margins; the first of infinite margins takes all.

    Source: org.apache.spark.ml.impl.Utils.softmax.
    """
    with np.errstate(all="ignore"):
        powers, sums = shifted_powers(margins)
        made: "np.ndarray[Any, Any]" = powers * (1.0 / sums)
        infinite = np.isposinf(margins)
        for row in np.flatnonzero(infinite.any(axis=1)):
            made[row] = margins[row] * 0.0
            made[row, infinite[row].argmax()] = 1.0
    return made


def shifted_powers(margins: "np.ndarray[Any, Any]") -> Any:
    """e to the power of each margin less its row's greatest, and each row's sum of these."""
    # As in Spark's loop, no NaN is the greatest and nothing is below the least double.
    greatest = np.fmax(np.fmax.reduce(margins, axis=1, keepdims=True), _LEAST)
    powers = np.exp(margins - greatest)
    return powers, np.cumsum(powers, axis=1)[:, -1:]
