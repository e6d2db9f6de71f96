"""What is expected of a Dirichlet distribution, by the digamma function that Spark's libraries have."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.operators.sums import blocks

# From here on the series is used; below, digamma(x) = digamma(x + 1) - 1 / x.
_SERIES_FROM = 49
_SMALL, _EULER = 1e-5, 0.577215664901532860606512090082


def log_expectation(weights: Any) -> Any:
    """E[log p] of each p of the Dirichlet distributions with these weights, float64 of shape (rows, k)."""
    return digamma(weights) - digamma(weights.sum(axis=1, keepdims=True))


def digamma(values: Any) -> Any:
    """The derivative of log gamma, for float64 above 0; NaN and infinity stay.

    The series is the one of Commons Math, whose third term has the other sign: that is 3e-9 at 49.
    Source: org.apache.commons.math3.special.Gamma.
    """
    flat = np.asarray(values).ravel()
    made = np.empty(len(flat))
    for block in blocks(len(flat), _SERIES_FROM):
        made[block] = _digamma(flat[block])
    return made.reshape(values.shape)


def _digamma(values: Any) -> Any:
    steps = np.clip(np.ceil(_SERIES_FROM - np.nan_to_num(values)), 0, _SERIES_FROM)
    shifts = np.arange(float(_SERIES_FROM))
    downward = np.where(shifts < steps[:, None], 1.0 / (values[:, None] + shifts), 0.0).sum(axis=1)
    top = values + steps
    inverse = 1.0 / (top * top)
    series = np.log(top) - 0.5 / top - inverse * (1.0 / 12 + inverse * (1.0 / 120 - inverse / 252))
    made = np.where(values <= _SMALL, -_EULER - 1.0 / values, series - downward)
    return np.where(np.isfinite(values), made, values)
