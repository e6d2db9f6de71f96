"""vector_assembler against Spark's VectorAssembler."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from spark_cases import bits, our_column, scorer_of, spark_column

from pipeline.columns import Sparse
from pipeline.errors import DataError
from pipeline.schema import Column, Schema
from pipeline.scoring.arrow import from_arrow


def test_vector_assembler_mixes_numbers_booleans_and_vectors(spark: Any) -> None:
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.types import BooleanType, DoubleType, IntegerType, StructField, StructType

    fields = [("d", DoubleType()), ("i", IntegerType()), ("b", BooleanType()), ("v", VectorUDT())]
    kinds = StructType(
        [StructField(name, kind, True, {"ml_attr": {"num_attrs": 3}} if name == "v" else None) for name, kind in fields]
    )
    rows = [
        (1.5, 2, True, Vectors.dense(1.0, -0.0, 3.0)),
        (-0.0, 0, False, Vectors.sparse(3, [1], [4.0])),
        (math.inf, -7, True, Vectors.dense(0.0, 0.0, 0.0)),
    ]
    frame = spark.createDataFrame(rows, kinds)
    assembler = VectorAssembler(inputCols=["d", "i", "b", "v"], outputCol="f")
    expected = spark_column(assembler.transform(frame), "f")
    table = pa.table(
        {
            "d": [row[0] for row in rows],
            "i": pa.array([row[1] for row in rows], pa.int32()),
            "b": [row[2] for row in rows],
            "v": [row[3].toArray().tolist() for row in rows],
        }
    )
    contract = Schema(
        (
            Column("d", "double"),
            Column("i", "int"),
            Column("b", "boolean"),
            Column("v", "double", struct="vector", size=3),
        )
    )
    scorer = scorer_of(assembler, frame, contract)
    assert bits(our_column(scorer, table, "f")) == bits(expected)


@pytest.mark.parametrize("value", [None, math.nan])
def test_vector_assembler_keeps_or_refuses_what_is_missing(spark: Any, value: float | None) -> None:
    from pyspark.ml.feature import VectorAssembler

    frame = spark.createDataFrame([(1.0, 2.0), (3.0, value)], "a double, b double")
    keep = VectorAssembler(inputCols=["a", "b"], outputCol="f", handleInvalid="keep")
    table = pa.table({"a": [1.0, 3.0], "b": pa.array([2.0, value], pa.float64())})
    assert bits(our_column(scorer_of(keep), table, "f")) == bits(spark_column(keep.transform(frame), "f"))
    if value is None:
        refuse = VectorAssembler(inputCols=["a", "b"], outputCol="f")
        with pytest.raises(DataError) as caught:
            scorer_of(refuse).transform(table, ["f"])
        assert (caught.value.row, caught.value.column) == (2, "b")


def test_a_wide_vector_stays_sparse(spark: Any) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, VectorAssembler

    frame = spark.createDataFrame([(0.0, 1.5), (4999.0, 0.0), (17.0, -2.0)], "a double, b double")
    stages = [
        OneHotEncoder(inputCol="a", outputCol="v", dropLast=False),
        VectorAssembler(inputCols=["b", "v"], outputCol="f"),
    ]
    model = Pipeline(stages=stages).fit(frame)
    table = pa.table({"a": [0.0, 4999.0, 17.0], "b": [1.5, 0.0, -2.0]})
    made = from_arrow(scorer_of(model).transform(table, ["f"])["f"], "f")
    assert isinstance(made, Sparse)
    assert made.size == 5001
    assert bits(made.dense().values.tolist()) == bits(spark_column(model.transform(frame), "f"))
