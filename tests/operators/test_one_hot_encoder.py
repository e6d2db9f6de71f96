"""one_hot_encoder against Spark's OneHotEncoderModel."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from spark_cases import bits, our_column, scorer_of, spark_column

from pipeline.errors import DataError


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("policy", ["error", "keep"])
def test_one_hot_encoder(spark: Any, drop_last: bool, policy: str) -> None:
    from pyspark.ml.feature import OneHotEncoder

    fitted = spark.createDataFrame([(0.0, 1.0), (1.0, 0.0), (2.0, 3.0)], "a double, b double")
    encoder = OneHotEncoder(inputCols=["a", "b"], outputCols=["v", "w"], dropLast=drop_last, handleInvalid=policy).fit(
        fitted
    )
    rows = [(0.0, 0.0), (2.0, 3.0), (1.0, 2.0)] + ([(7.0, -0.0), (3.0, 4.0)] if policy == "keep" else [])
    frame = spark.createDataFrame(rows, "a double, b double")
    made = encoder.transform(frame)
    table = pa.table({"a": [row[0] for row in rows], "b": [row[1] for row in rows]})
    for name in ("v", "w"):
        assert bits(our_column(scorer_of(encoder), table, name)) == bits(spark_column(made, name))


@pytest.mark.parametrize("value", [3.0, -1.0, 0.5, None, math.nan])
def test_one_hot_encoder_refuses_what_is_no_category(spark: Any, value: float | None) -> None:
    from pyspark.ml.feature import OneHotEncoder

    encoder = OneHotEncoder(inputCol="a", outputCol="v").fit(spark.createDataFrame([(0.0,), (2.0,)], "a double"))
    with pytest.raises(DataError) as caught:
        scorer_of(encoder).transform(pa.table({"a": pa.array([1.0, value], pa.float64())}), ["v"])
    assert (caught.value.row, caught.value.column) == (2, "a")
