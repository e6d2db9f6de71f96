"""Rows of numbers, most of which may be zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

Array = Any


@dataclass(frozen=True)
class Rows:
    """Sparse rows: those of row i stand from `starts[i]` to `starts[i + 1]` in `keys` (int64) and `values` (float32).

    `starts` has one entry more than there are rows. `sizes` (int64) is the number of features that each row says it
    has, -1 where it does not. `labels` (float32) has one value a row, None where there are none.
    """

    starts: Array
    keys: Array
    values: Array
    sizes: Array
    labels: Optional[Array] = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, keys: Array, values: Array, size: int, labels: Optional[Array] = None) -> "Rows":
        """Rows with equally many entries each: `keys` and `values` of shape (rows, entries)."""
        count, entries = keys.shape
        return cls(
            np.arange(count + 1, dtype=np.int64) * entries,
            np.asarray(keys, dtype=np.int64).ravel(),
            np.asarray(values, dtype=np.float32).ravel(),
            np.full(count, size, dtype=np.int64),
            None if labels is None else np.asarray(labels, dtype=np.float32),
        )

    @classmethod
    def together(cls, parts: "list[Rows]") -> "Rows":
        """Several batches as one; none of them is one without rows."""
        if not parts:
            none = np.empty(0, np.int64)
            return cls(np.zeros(1, np.int64), none, np.empty(0, np.float32), none, np.empty(0, np.float32))
        counts = np.concatenate([np.diff(part.starts) for part in parts])
        labels = [part.labels for part in parts if part.labels is not None]
        return cls(
            np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]),
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.sizes for part in parts]),
            np.concatenate(labels) if len(labels) == len(parts) else None,
        )
