"""The ranges of a tuning job's hyperparameters, and what Optuna makes of them.

Values travel as texts, as SageMaker has them. Scaling Auto is logarithmic where a range above 0 spans two orders of
magnitude, and linear otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.local.errors import ValidationException

_ORDERS = 100


class Range(Protocol):
    """The values that one hyperparameter may take."""

    @property
    def name(self) -> str:
        """The hyperparameter's name."""

    def distribution(self) -> Any:
        """The range as an Optuna distribution."""

    def text(self, value: Any) -> str:
        """What the training job gets for a value of the distribution."""

    def value(self, text: str) -> Any:
        """The distribution's value of a text; ValueError where it is none, or out of range."""


@dataclass(frozen=True)
class Categorical:
    """One of some texts."""

    name: str
    values: tuple[str, ...]

    def distribution(self) -> Any:
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.values)

    def text(self, value: Any) -> str:
        return str(value)

    def value(self, text: str) -> str:
        if text not in self.values:
            raise ValueError(text)
        return text


@dataclass(frozen=True)
class Integer:
    """A whole number between two bounds, both allowed."""

    name: str
    low: int
    high: int
    log: bool = False

    def distribution(self) -> Any:
        from optuna.distributions import IntDistribution

        return IntDistribution(self.low, self.high, log=self.log)

    def text(self, value: Any) -> str:
        return str(int(value))

    def value(self, text: str) -> int:
        return int(_within(self.low, int(text), self.high))


@dataclass(frozen=True)
class Continuous:
    """A number between two bounds, both allowed; with `reverse` on the logarithmic scale of its distance from 1."""

    name: str
    low: float
    high: float
    log: bool = False
    reverse: bool = False

    def distribution(self) -> Any:
        from optuna.distributions import FloatDistribution

        if self.reverse:
            return FloatDistribution(1 - self.high, 1 - self.low, log=True)
        return FloatDistribution(self.low, self.high, log=self.log)

    def text(self, value: Any) -> str:
        number = 1 - float(value) if self.reverse else float(value)
        return repr(min(max(number, self.low), self.high))

    def value(self, text: str) -> float:
        number = _within(self.low, float(text), self.high)
        return 1 - number if self.reverse else number


def read_ranges(parameter_ranges: Mapping[str, Any]) -> list[Range]:
    """The ranges of a request's ParameterRanges; raises ValidationException for what contradicts itself."""
    if parameter_ranges.get("AutoParameters"):
        raise ValidationException("AutoParameters are not chosen here", hint="give each hyperparameter its range")
    found: list[Range] = [
        *(_integer(each) for each in parameter_ranges.get("IntegerParameterRanges", ())),
        *(_continuous(each) for each in parameter_ranges.get("ContinuousParameterRanges", ())),
        *(
            Categorical(each["Name"], tuple(dict.fromkeys(each["Values"])))
            for each in parameter_ranges.get("CategoricalParameterRanges", ())
        ),
    ]
    names = [each.name for each in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValidationException(f"hyperparameters with more than one range: {', '.join(twice)}")
    return found


def _integer(given: Mapping[str, str]) -> Integer:
    low, high = _bounds(given, int)
    scaling = given.get("ScalingType", "Auto")
    if scaling == "ReverseLogarithmic":
        raise ValidationException(f"{given['Name']}: ReverseLogarithmic is for continuous ranges")
    return Integer(given["Name"], int(low), int(high), _is_log(given["Name"], scaling, low, high))


def _continuous(given: Mapping[str, str]) -> Continuous:
    low, high = _bounds(given, float)
    scaling = given.get("ScalingType", "Auto")
    if scaling == "ReverseLogarithmic":
        if not 0 <= low <= high < 1:
            raise ValidationException(f"{given['Name']}: ReverseLogarithmic needs a range within 0 <= x < 1")
        return Continuous(given["Name"], low, high, reverse=True)
    return Continuous(given["Name"], low, high, _is_log(given["Name"], scaling, low, high))


def _bounds(given: Mapping[str, str], number: type[int] | type[float]) -> tuple[float, float]:
    name = given["Name"]
    try:
        low, high = number(given["MinValue"]), number(given["MaxValue"])
    except ValueError as error:
        raise ValidationException(f"{name}: MinValue or MaxValue is no number of the range's kind: {error}") from error
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ValidationException(f"{name}: MinValue {low} must be finite and no more than MaxValue {high}")
    return low, high


def _is_log(name: str, scaling: str, low: float, high: float) -> bool:
    if scaling == "Logarithmic" and low <= 0:
        raise ValidationException(f"{name}: Logarithmic needs a range above 0")
    return scaling == "Logarithmic" or (scaling == "Auto" and low > 0 and high / low >= _ORDERS)


def _within(low: float, number: float, high: float) -> float:
    if not low <= number <= high:
        raise ValueError(number)
    return number
