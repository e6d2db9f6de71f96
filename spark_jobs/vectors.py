"""Spark ML's vectors as arrays and back.

`pyspark.ml.functions` has the same two, but its import needs pandas, which a cluster may not have.
"""

from __future__ import annotations

from typing import Any


def vector_to_array(spark: Any, vector: Any) -> Any:
    """A column of vectors as arrays of doubles."""
    return type(vector)(_functions(spark).vector_to_array(vector._jc, "float64"))


def array_to_vector(spark: Any, array: Any) -> Any:
    """A column of arrays of doubles as dense vectors."""
    return type(array)(_functions(spark).array_to_vector(array._jc))


def _functions(spark: Any) -> Any:
    return spark._jvm.org.apache.spark.ml.functions
