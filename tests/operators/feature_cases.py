"""Frames of one column for the tests of indexers, slicers and encoders."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

VALUES = [0.0, -0.0, 1.0, 2.0, -1.5, 0.1, 1e300, math.inf, -math.inf, math.nan]
values = st.sampled_from(VALUES)


def frame_of(spark: Any, rows: Sequence[Any], kind: str) -> Any:
    """One value a row, in column `x`; or, where `kind` names columns and their types, tuples."""
    if " " in kind:
        return spark.createDataFrame(list(rows), kind).cache()
    return spark.createDataFrame([(row,) for row in rows], f"x {kind}").cache()


def vector_frame(spark: Any, rows: Sequence[Any], size: int, attributes: Mapping[str, Any] | None = None) -> Any:
    """One vector a row, in column `v`: a list is dense, a mapping of places to values sparse."""
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import StructField, StructType

    kind = StructType([StructField("v", VectorUDT(), True, {"ml_attr": dict(attributes or {"num_attrs": size})})])
    return spark.createDataFrame([(vector(row, size),) for row in rows], kind).cache()


def vector(row: Any, size: int) -> Any:
    """Spark's vector of a list or a mapping."""
    from pyspark.ml.linalg import Vectors

    return Vectors.sparse(size, sorted(row.items())) if isinstance(row, dict) else Vectors.dense(row)


def vectors(size: int, of: st.SearchStrategy[float] = values) -> st.SearchStrategy[Any]:
    """Rows of vectors, dense and sparse; a sparse one never stores all of its values."""
    dense = st.lists(of, min_size=size, max_size=size)
    return dense | st.dictionaries(st.integers(0, size - 1), of, max_size=size - 1)
