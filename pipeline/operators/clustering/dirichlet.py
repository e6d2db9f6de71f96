"""What is expected of a Dirichlet distribution, by the digamma function that Spark's libraries have."""

from __future__ import annotations

from typing import Any

import numpy as np

# From here on the series is right to the last bits; below, digamma(x) = digamma(x + 1) - 1 / x.
_SERIES_FROM = 10
# Where Commons Math takes to its own series.
_TOP = 49
_SMALL, _EULER = 1e-5, 0.577215664901532860606512090082


def log_expectation(weights: Any) -> Any:
    """E[log p] of each p of the Dirichlet distributions with these weights, float64 of shape (rows, k)."""
    return digamma(weights) - digamma(weights.sum(axis=1, keepdims=True))


def digamma(values: Any) -> Any:
    """The derivative of log gamma as Commons Math has it, for float64 above 0; NaN and infinity stay.

    The second term of its series has the other sign: that is 3e-9 at 49, from where it is used.
    Source: org.apache.commons.math3.special.Gamma; Abramowitz and Stegun, 6.3.18.
    """
    shifted, downward = values.copy(), np.zeros_like(values)
    for _ in range(_SERIES_FROM):
        below = shifted < _SERIES_FROM
        if not below.any():
            break
        downward += np.where(below, 1.0 / shifted, 0.0)
        shifted += below
    top = values + np.clip(np.ceil(_TOP - values), 0, _TOP)
    inverse = 1.0 / (top * top)
    made = _series(shifted) - downward - 2.0 * inverse * inverse * (1.0 / 120 - inverse / 252)
    made = np.where(values <= _SMALL, -_EULER - 1.0 / values, made)
    return np.where(np.isfinite(values), made, values)


def _series(values: Any) -> Any:
    """digamma's asymptotic series."""
    inverse = 1.0 / (values * values)
    terms = 691.0 / 32760 - inverse / 12
    for term in (1.0 / 132, 1.0 / 240, 1.0 / 252, 1.0 / 120, 1.0 / 12):
        terms = term - inverse * terms
    return np.log(values) - 0.5 / values - inverse * terms
