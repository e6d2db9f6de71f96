"""Families and links of generalized linear models: a linear prediction made the mean of a distribution."""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, Tuple

import numpy as np

_GREATEST = float(np.finfo(np.float64).max)
_EPSILON = 1e-16

# The link that a family has where none is set.
DEFAULT_LINKS: Dict[str, str] = {"gaussian": "identity", "binomial": "logit", "poisson": "log", "gamma": "inverse"}
# What Spark calls certain powers of the tweedie family's link.
POWER_LINKS: Dict[float, str] = {0.0: "log", 1.0: "identity", -1.0: "inverse", 0.5: "sqrt"}
# The families that a tweedie family is at certain powers of its variance. At others its means go by the same bounds
# as those of poisson, and it is written as that.
TWEEDIE_FAMILIES: Dict[float, str] = {0.0: "gaussian", 1.0: "poisson", 2.0: "gamma"}


def power_link(power: float) -> Tuple[str, float]:
    """The name of the link with this power, and the power itself where it has no name but `power`."""
    name = POWER_LINKS.get(power)
    return ("power", power) if name is None else (name, 1.0)


def mean_of(link: str, power: float, family: str, predictions: Any) -> Any:
    """The means of linear predictions, kept within the family's bounds; `power` is that of the link `power`.

    Source: org.apache.spark.ml.regression.GeneralizedLinearRegression.
    """
    with np.errstate(all="ignore"):
        # For 0.5 NumPy's `power` takes a square root, whose values of -0.0 and -infinity are not those of a power.
        means = np.float_power(predictions, 1.0 / power) if link == "power" else _UNLINK[link](predictions)
        return _BOUNDED[family](means)


def _normal_cdf(values: Any) -> Any:
    scaled = (values / math.sqrt(2.0)).tolist()
    return 0.5 * (1.0 + np.array([math.erf(value) for value in scaled], dtype=np.float64))


_UNLINK: Dict[str, Callable[[Any], Any]] = {
    "identity": lambda eta: eta,
    "logit": lambda eta: 1.0 / (1.0 + np.exp(-eta)),
    "log": np.exp,
    "inverse": lambda eta: 1.0 / eta,
    "probit": _normal_cdf,
    "cloglog": lambda eta: 1.0 - np.exp(-np.exp(eta)),
    "sqrt": lambda eta: eta * eta,
}
LINKS = (*_UNLINK, "power")


def _positive(means: Any) -> Any:
    bounded = np.where(means < _EPSILON, _EPSILON, means)
    return np.where(np.isinf(bounded), _GREATEST, bounded)


def _share(means: Any) -> Any:
    bounded = np.where(means > 1.0 - _EPSILON, 1.0 - _EPSILON, means)
    return np.where(means < _EPSILON, _EPSILON, bounded)


def _finite(means: Any) -> Any:
    return np.where(np.isinf(means), np.copysign(_GREATEST, means), means)


_BOUNDED: Dict[str, Callable[[Any], Any]] = {
    "gaussian": _finite,
    "binomial": _share,
    "poisson": _positive,
    "gamma": _positive,
}
FAMILIES = tuple(_BOUNDED)
