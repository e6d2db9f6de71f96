"""How good recommendations are: precision and recall of each customer's best items, beside the most popular ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

# Scores that are held at once.
_CELLS = 8 << 20
# Above this many customers, so many are drawn: the figures' third digit stays.
MOST_CUSTOMERS = 20_000
_SEED = 0

# Customers (indices) to the scores of all items, of shape (customers, items); higher is better.
Score = Callable[[Any], Any]


@dataclass(frozen=True)
class Pairs:
    """Which customer goes with which item, both as indices from 0, in any order."""

    customers: Any
    items: Any


def precision_and_recall(
    score: Score, seen: Pairs, relevant: Pairs, *, items: int, top: int
) -> dict[str, tuple[float, float]]:
    """Precision and recall of the `top` items, each the mean over customers with a relevant one: model, popularity.

    Ranked are the `items` that the customer has not among `seen`; popular is what most customers have seen. Ties go to
    the item of the lower index.
    """
    chosen = _customers(relevant)
    known, wanted = _Table(seen, items), _Table(relevant, items)
    counts = np.bincount(seen.items, minlength=items).astype(np.float32)
    hits: dict[str, list[Any]] = {"model": [], "popularity": []}
    for some in _chunks(chosen, items):
        for name, scores in (("model", score(some)), ("popularity", np.tile(counts, (len(some), 1)))):
            rows, columns = known.of(some)
            scores[rows, columns] = -np.inf
            hits[name].append(_hits(_best(scores, top), some, wanted))
    totals = wanted.counts(chosen)
    return {name: _means(np.concatenate(found), totals, top) if found else (0.0, 0.0) for name, found in hits.items()}


class _Table:
    """The items of each customer, looked up by customer."""

    def __init__(self, pairs: Pairs, items: int) -> None:
        self._ids = np.unique(pairs.customers.astype(np.int64) * items + pairs.items)
        self._items = items

    def of(self, customers: Any) -> tuple[Any, Any]:
        """Places in `customers`, which are sorted, and the items that go with them."""
        first, last = self._bounds(customers)
        counts = last - first
        places = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(int(counts.sum()))
        return np.repeat(np.arange(len(customers)), counts), self._ids[places] % self._items

    def counts(self, customers: Any) -> Any:
        """How many items each customer has."""
        first, last = self._bounds(customers)
        return last - first

    def holds(self, customers: Any, items: Any) -> Any:
        """Which of these pairs there are."""
        ids = customers * self._items + items
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return self._ids[places] == ids

    def _bounds(self, customers: Any) -> tuple[Any, Any]:
        starts = customers.astype(np.int64) * self._items
        return np.searchsorted(self._ids, starts), np.searchsorted(self._ids, starts + self._items)


def _customers(relevant: Pairs) -> Any:
    found = np.unique(relevant.customers).astype(np.int64)
    if len(found) <= MOST_CUSTOMERS:
        return found
    return np.sort(np.random.default_rng(_SEED).choice(found, MOST_CUSTOMERS, replace=False))


def _chunks(customers: Any, items: int) -> Iterator[Any]:
    size = max(1, _CELLS // max(1, items))
    for at in range(0, len(customers), size):
        yield customers[at : at + size]


def _best(scores: Any, top: int) -> Any:
    """The places of the highest scores of each row, with -1 for what is excluded."""
    top = min(top, scores.shape[1])
    # The bound may be shared by more items than there is place for: those of lower index come first.
    bound = np.partition(scores, scores.shape[1] - top, axis=1)[:, -top][:, None]
    above, at = scores > bound, scores == bound
    room = top - above.sum(axis=1, keepdims=True)
    taken = above | (at & (np.cumsum(at, axis=1, dtype=np.int32) <= room))
    places = np.nonzero(taken)[1].reshape(len(scores), top)
    return np.where(np.isneginf(np.take_along_axis(scores, places, axis=1)), -1, places)


def _hits(best: Any, customers: Any, wanted: _Table) -> Any:
    pairs = np.repeat(customers, best.shape[1])
    found = wanted.holds(pairs, np.maximum(best.ravel(), 0)) & (best.ravel() >= 0)
    return found.reshape(best.shape).sum(axis=1)


def _means(hits: Any, totals: Any, top: int) -> tuple[float, float]:
    return float((hits / top).mean()), float((hits / totals).mean())
