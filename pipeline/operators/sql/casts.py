"""Numbers cast to another type as Spark SQL casts them outside its ANSI mode."""

from __future__ import annotations

from typing import Any

import numpy as np


def cast(values: "np.ndarray[Any, Any]", to: "np.dtype[Any]") -> "np.ndarray[Any, Any]":
    """The values as dtype `to`, as `CAST` has them.

    From a float to a whole number the fraction goes, NaN is 0 and what is too great is the type's bound; byte and
    short go by way of int, so those wrap around. Between whole numbers the upper bits go.
    Source: org.apache.spark.sql.catalyst.expressions.Cast, and Java's narrowing of primitive types.
    """
    made: "np.ndarray[Any, Any]"
    if to.kind != "i" or values.dtype.kind != "f":
        with np.errstate(over="ignore"):
            made = values.astype(to, copy=False)
        return made
    wide: Any = np.int64 if to.itemsize == 8 else np.int32
    bounds = np.iinfo(wide)
    # 2^31 and 2^63 themselves: the greatest long is no float64.
    above, below = values >= -float(bounds.min), values <= float(bounds.min)
    inside = np.where(above | below | np.isnan(values), 0.0, values).astype(wide)
    made = np.where(above, bounds.max, np.where(below, bounds.min, inside)).astype(to)
    return made
