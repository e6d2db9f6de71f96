"""What the text of a hyperparameter may say: whole numbers, numbers, choices and XGBoost's constraint lists.

A kind has `expected`, its range in words, and `parse`, which raises ValueError for a text outside of it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Protocol

INT32_MAX = 2**31 - 1

# Python's own int() and float() also read `1_000`, `٣` and `nan`.
_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Kind(Protocol):
    """What one hyperparameter accepts."""

    @property
    def expected(self) -> str:
        """The allowed values in words."""

    def parse(self, text: str) -> Any:
        """The value of a text; ValueError where it is not allowed."""


@dataclass(frozen=True)
class Whole:
    """A whole number between two bounds, both allowed."""

    low: int
    high: int = INT32_MAX

    @property
    def expected(self) -> str:
        return f"a whole number from {self.low} " + ("up" if self.high == INT32_MAX else f"to {self.high}")

    def parse(self, text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise ValueError(text)
        number = int(text)
        if not self.low <= number <= self.high:
            raise ValueError(text)
        return number


@dataclass(frozen=True)
class Real:
    """A finite number of an interval written as in mathematics: `[0, 1]`, `(0, 1]`, `[0, inf)`."""

    interval: str

    @property
    def expected(self) -> str:
        return f"a number in {self.interval}"

    def parse(self, text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise ValueError(text)
        number = float(text)
        low, high = (float(bound) for bound in self.interval[1:-1].split(","))
        above = number >= low if self.interval[0] == "[" else number > low
        below = number <= high if self.interval[-1] == "]" else number < high
        if not (above and below and math.isfinite(number)):
            raise ValueError(text)
        return number


@dataclass(frozen=True)
class Choice:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:
        return "one of " + ", ".join(self.words)

    def parse(self, text: str) -> str:
        if text not in self.words:
            raise ValueError(text)
        return text


@dataclass(frozen=True)
class Words:
    """Words between commas; which ones are allowed is decided with the other hyperparameters."""

    expected: str

    def parse(self, text: str) -> tuple[str, ...]:
        words = tuple(word.strip() for word in text.split(","))
        if not all(words):
            raise ValueError(text)
        return words


@dataclass(frozen=True)
class MonotoneConstraints:
    """One of -1, 0, 1 for each feature, from the first on: `(1,0,-1)`."""

    expected: str = "one of -1, 0, 1 for each feature, such as (1,0,-1)"

    def parse(self, text: str) -> tuple[int, ...]:
        inner = text[1:-1] if text[:1] + text[-1:] in {"()", "[]"} else text
        signs = Whole(-1, 1)
        return tuple(signs.parse(sign.strip()) for sign in inner.rstrip(", ").split(","))


@dataclass(frozen=True)
class InteractionConstraints:
    """Groups of feature indices from 0: `[[0,1],[2,3,4]]`."""

    expected: str = "groups of feature indices from 0, such as [[0,1],[2,3,4]]"

    def parse(self, text: str) -> tuple[tuple[int, ...], ...]:
        groups = json.loads(text)
        if not (isinstance(groups, list) and groups and all(isinstance(group, list) and group for group in groups)):
            raise ValueError(text)
        if not all(type(index) is int and 0 <= index <= INT32_MAX for group in groups for index in group):
            raise ValueError(text)
        return tuple(tuple(group) for group in groups)
