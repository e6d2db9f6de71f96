"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

S = TypeVar("S")
T = TypeVar("T")

_SIZE = 25


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list: `number` counts from 1; `before` and `after` lead to its neighbours, or are None."""

    items: Sequence[T]
    first: int
    total: int
    number: int
    before: str | None
    after: str | None

    @property
    def last(self) -> int:
        """The place of the last item shown, from 1."""
        return self.first + len(self.items) - 1


def paged(
    items: Sequence[S], query: Mapping[str, str], name: str, make: Callable[[S], T], size: int = _SIZE
) -> Page[T]:
    """A page of items that are all here; see paged_from."""
    return paged_from(len(items), lambda start, count: items[start : start + count], query, name, make, size=size)


def paged_from(
    total: int,
    read: Callable[[int, int], Sequence[S]],
    query: Mapping[str, str],
    name: str,
    make: Callable[[S], T],
    *,
    size: int = _SIZE,
) -> Page[T]:
    """The page that `query[name]` asks for, the nearest where there is none of that number.

    `read` gets at most so many items from a place on, `make` makes what is shown of an item. The neighbours keep what
    else the query says, and lead to the element of that name.
    """
    count = max(1, -(-total // size))
    asked = query.get(name, "")
    number = min(max(int(asked), 1), count) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    start = (number - 1) * size

    def at(other: int) -> str | None:
        return f"?{urlencode({**query, name: other})}#{name}" if 1 <= other <= count else None

    return Page(
        [make(item) for item in read(start, size)],
        start + 1,
        total,
        number,
        at(number - 1),
        at(number + 1),
    )
