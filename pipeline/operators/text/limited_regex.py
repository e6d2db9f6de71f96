"""A pattern that gives up on a text in time: backtracking through a hostile one could take for ever."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, List

from pipeline.columns import Text
from pipeline.operators.base import RowError

# Far more than a pattern in good faith needs for a text of any length that is served.
SECONDS = 2.0
# One character, or one of a class, as often as it comes: nothing to go back to.
_SIMPLE = re.compile(r"(?:\\.|\[(?:[^\]\\]|\\.)+\]|[^\\.\[\](){}^$|?*+])[+*]?")


class SlowPatternError(Exception):
    """A text that took a pattern too long."""

    def __init__(self, pattern: str, text: str) -> None:
        super().__init__(pattern)
        self.pattern, self.text = pattern, text

    def in_column(self, column: Text) -> RowError:
        """The error of the first row that holds the text."""
        row = next(row for row in range(len(column)) if column[row] == self.text)
        problem = f"the pattern {self.pattern!r} takes longer than {SECONDS:g} seconds"
        return RowError(problem, row=row, value=self.text[:100], expected="a text that it is done with sooner")


class LimitedRegex:
    """What `re` finds by a pattern, found by the `regex` package, which can be given a time.

    A pattern that cannot take long is left to `re`, which is quicker. Each method raises SlowPatternError where a text
    takes longer than SECONDS.
    """

    def __init__(self, pattern: "re.Pattern[str]") -> None:
        self._pattern = pattern

    @cached_property
    def _limited(self) -> Any:
        if _SIMPLE.fullmatch(self._pattern.pattern):
            return self._pattern
        import regex

        insensitive = regex.IGNORECASE if self._pattern.flags & re.IGNORECASE else 0
        return regex.compile(self._pattern.pattern, regex.VERSION0 | regex.ASCII | insensitive)

    def pieces(self, text: str) -> List[str]:
        """The texts between the matches."""
        found: List[str] = self._in_time(self._limited.split, text)
        return found

    def matches(self, text: str) -> List[str]:
        """The texts of the matches."""
        found: List[str] = self._in_time(self._limited.findall, text)
        return found

    def found(self, text: str) -> bool:
        """True where there is a match."""
        return self._in_time(self._limited.search, text) is not None

    def _in_time(self, find: Any, text: str) -> Any:
        if self._limited is self._pattern:
            return find(text)
        try:
            return find(text, timeout=SECONDS)
        except TimeoutError:
            raise SlowPatternError(self._pattern.pattern, text) from None
