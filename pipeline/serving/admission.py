"""How much is taken on while other requests are still being answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import BusyError


class Bound:
    """So much of something may be held at once; for one thread.

    A single holder may have more than that: else what is larger than the bound could never be.
    """

    def __init__(self, most: int, of_what: str) -> None:
        self._most = most
        self._of_what = of_what
        self._held = 0

    @contextmanager
    def holding(self, amount: int) -> Iterator[None]:
        """Holds so much while it is entered; BusyError where others hold too much for that."""
        if self._held and self._held + amount > self._most:
            raise BusyError(
                f"the endpoint is answering as many requests as it can: {self._most:,} {self._of_what}",
                hint="send it again after the seconds of Retry-After, or start more workers",
            )
        self._held += amount
        try:
            yield
        finally:
            self._held -= amount
