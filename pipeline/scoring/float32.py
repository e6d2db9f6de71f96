"""Feature values within what XGBoost computes with: floats of 32 bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.columns import Sparse, Vectors
from pipeline.errors import DataError
from pipeline.scoring.text import json_ready

# The smallest double that rounds to an infinite float.
TOO_LARGE = 2.0**128 - 2.0**103


def check_float32(vectors: Vectors, names: Sequence[str], offset: int = 0) -> None:
    """Refuses a value that is infinite or would be as float32: a DataError naming row and feature.

    `names` are the features', XGBoost's own f0, f1, ... where they do not fit; rows count from 1 past `offset`.
    XGBoost refuses such values in a DMatrix, but predicts in place as if they were infinite.
    """
    wrong = np.abs(vectors.values) >= TOO_LARGE
    if not np.count_nonzero(wrong):
        return
    at = int(np.argmax(wrong))
    value = vectors.values.ravel()[at : at + 1]
    if isinstance(vectors, Sparse):
        row, place = int(np.searchsorted(vectors.indptr, at, side="right")) - 1, int(vectors.indices[at])
    else:
        row, place = divmod(at, vectors.size)
    (shown,) = json_ready(value)
    raise DataError(
        f"the feature is {shown}",
        row=offset + row + 1,
        column=names[place] if len(names) == vectors.size else f"f{place}",
        value=shown,
        expected="a number that float32 can hold, at most 3.4e38 in size",
    )
