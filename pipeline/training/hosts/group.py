"""What training needs of the hosts that train together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]


class Group(Protocol):
    """The hosts of a job, in the order that all of them see; every host must make the same calls in the same order."""

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts' names."""

    @property
    def rank(self) -> int:
        """This host's place among them, from 0; the first writes the model."""

    def gather(self, value: Any) -> list[Any]:
        """What each host gave, in their order: plain JSON values, for use before the rounds."""

    def rounds(self) -> AbstractContextManager[None]:
        """The context of the boosting rounds, in which XGBoost and the calls below speak to the other hosts."""

    def total(self, values: Array) -> Array:
        """The sum over all hosts of a float64 array, which has the same shape on each."""

    def any(self, flag: bool) -> bool:
        """True where it is true on any host."""

    def from_first(self, content: bytes) -> bytes:
        """What the first host gave."""


class Alone:
    """A group of one host."""

    names = ("algo-1",)
    rank = 0

    def gather(self, value: Any) -> list[Any]:
        """The one value."""
        return [value]

    @contextmanager
    def rounds(self) -> Iterator[None]:
        """A context that does nothing."""
        yield

    def total(self, values: Array) -> Array:
        """The values themselves."""
        return values

    def any(self, flag: bool) -> bool:
        """The flag itself."""
        return flag

    def from_first(self, content: bytes) -> bytes:
        """The content itself."""
        return content


ALONE = Alone()
