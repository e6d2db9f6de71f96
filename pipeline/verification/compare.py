"""How many values of two arrays differ, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.columns import Dense, Vectors
from pipeline.errors import PipelineError


def differences(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> int:
    """The number of values that are not the same bits; all NaN are one value. Other shapes are a PipelineError."""
    if left.shape != right.shape or left.dtype != right.dtype:
        raise PipelineError(f"{left.dtype}{left.shape} cannot be compared with {right.dtype}{right.shape}")
    bits = np.dtype(f"u{left.dtype.itemsize}")
    same = np.ascontiguousarray(left).view(bits) == np.ascontiguousarray(right).view(bits)
    return int(np.count_nonzero(~(same | (np.isnan(left) & np.isnan(right)))))


def matrix(parts: list[Vectors]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Chunks of vectors as one dense matrix."""
    return np.concatenate([part.values if isinstance(part, Dense) else part.dense().values for part in parts])
