"""Rows of numbers on their way into a channel: float32 blocks, checked, then put together."""

from __future__ import annotations

import gzip
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from pipeline.errors import DataError

Array = np.ndarray[Any, Any]


def open_file(path: Path) -> IO[bytes]:
    """A file's bytes, unpacked where its name ends in `.gz`."""
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def column_names(features: int, weighted: bool) -> list[str]:
    """What the columns of a row are called in messages; features as XGBoost numbers them."""
    return ["label", *(["weight"] if weighted else []), *(f"f{index}" for index in range(features))]


def float32_block(columns: Sequence[Any], names: Sequence[str], source: str, row: int) -> Array:
    """Arrow columns as a float32 matrix of shape (rows, columns), nulls as NaN.

    `row` is how many rows of the source came before. Raises DataError where a number is infinite as a float32,
    which XGBoost does not take.
    """
    block = np.empty((len(columns[0]), len(columns)), np.float32)
    with np.errstate(over="ignore"):
        for index, column in enumerate(columns):
            block[:, index] = column.to_numpy(zero_copy_only=False)
    if np.isinf(block).any():
        at, index = (int(place[0]) for place in np.nonzero(np.isinf(block)))
        raise infinite(columns[index][at].as_py(), source, row + at + 1, names[index])
    return block


def infinite(value: Any, source: str, row: int, column: str) -> DataError:
    """The error for a number that is infinite, or becomes so, as a float32."""
    return DataError(
        f"found {value}",
        source=source,
        row=row,
        column=column,
        value=value,
        expected="a number that a 32-bit float can hold",
    )


def stack(blocks: deque[Array], weighted: bool) -> tuple[Array, Array | None, Array]:
    """Label, weight and features of all blocks; the blocks are used up, so that no number is held twice for long."""
    rows, first = sum(map(len, blocks)), 1 + weighted
    label = np.empty(rows, np.float32)
    weight = np.empty(rows, np.float32) if weighted else None
    features = np.empty((rows, blocks[0].shape[1] - first), np.float32)
    start = 0
    while blocks:
        block = blocks.popleft()
        end = start + len(block)
        label[start:end], features[start:end] = block[:, 0], block[:, first:]
        if weight is not None:
            weight[start:end] = block[:, 1]
        start = end
    return label, weight, features
