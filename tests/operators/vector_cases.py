"""Numbers and vectors that try an operator: NaN, both zeros, both infinities, the ends of the doubles.

Frames are cached: Spark asks a Python process for rows that came from Python, each time anew.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

ODD = [math.nan, -0.0, 0.0, math.inf, -math.inf, 5e-324, -1e308, 1.7976931348623157e308, 1 / 3, -2.5, 1e-17]
ROWS = [[one, other, 1.0] for one, other in zip(ODD, [*ODD[1:], ODD[0]], strict=True)]
# Numbers whose products and sums stay finite.
tame = st.floats(-1e6, 1e6, allow_subnormal=False)
doubles = st.one_of(tame, st.sampled_from(ODD))

numbers = doubles


def vectors(size: int) -> Any:
    """Vectors of one size: a list is dense, a mapping of places to values sparse."""
    dense = st.lists(doubles, min_size=size, max_size=size)
    return dense | st.dictionaries(st.integers(0, size - 1), doubles, max_size=size)


def vector(values: Any, size: int) -> Any:
    """Spark's vector of a list or a mapping."""
    from pyspark.ml.linalg import Vectors

    return Vectors.sparse(size, values) if isinstance(values, dict) else Vectors.dense(values)


def rows_of(values: Any, size: int, most: int = 30) -> Any:
    """Lists of rows, each of so many values."""
    return st.lists(st.lists(values, min_size=size, max_size=size), min_size=1, max_size=most)


def dense_frame(spark: Any, rows: Sequence[Sequence[float]]) -> Any:
    """One dense vector a row, in column `v`."""
    from pyspark.ml.linalg import Vectors

    return _frame(spark, [Vectors.dense(row) for row in rows])


def sparse_frame(spark: Any, rows: Sequence[dict[int, float]], size: int = 3) -> Any:
    """One sparse vector a row, in column `v`, its stored values by their indices."""
    from pyspark.ml.linalg import Vectors

    return _frame(spark, [Vectors.sparse(size, row) for row in rows])


def number_frame(spark: Any, values: Sequence[Any], kind: str = "double") -> Any:
    """One number a row, in column `x`."""
    return spark.createDataFrame([(value,) for value in values], f"x {kind}").cache()


def _frame(spark: Any, vectors: Sequence[Any]) -> Any:
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql.types import StructField, StructType

    return spark.createDataFrame([(vector,) for vector in vectors], StructType([StructField("v", VectorUDT())])).cache()


# Stored zeros, a negative one too, and rows that store nothing.
SPARSE = [{0: 1.5, 2: -0.0}, {}, {1: math.nan}, {0: 0.0, 1: -3.0, 2: math.inf}]
