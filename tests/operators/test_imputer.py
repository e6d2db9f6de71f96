"""imputer against Spark's ImputerModel."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from spark_cases import bits, our_column, scorer_of, spark_column

from pipeline.schema import Column, Schema


@pytest.mark.parametrize("strategy", ["mean", "median", "mode"])
@pytest.mark.parametrize("missing", [math.nan, -1.0, 0.0])
@pytest.mark.parametrize("kind", ["double", "float", "int"])
def test_imputer(spark: Any, strategy: str, missing: float, kind: str) -> None:
    from pyspark.ml.feature import Imputer

    if kind == "int" and math.isnan(missing):
        values: list[Any] = [1, 2, 2, None, 7]
    elif kind == "int":
        values = [1, 2, 2, None, 7, int(missing)]
    else:
        values = [1.5, 2.25, 2.25, None, 7.125, missing, -0.0]
    frame = spark.createDataFrame([(value,) for value in values], f"x {kind}")
    imputer = Imputer(inputCols=["x"], outputCols=["y"], strategy=strategy, missingValue=missing).fit(frame)
    expected = spark_column(imputer.transform(frame), "y")
    array = pa.array(values, {"double": pa.float64(), "float": pa.float32(), "int": pa.int32()}[kind])
    scorer = scorer_of(imputer, frame, Schema((Column("x", kind, nullable=True),)))
    assert bits(our_column(scorer, pa.table({"x": array}), "y")) == bits(expected)
