"""string_indexer against Spark's StringIndexerModel."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from spark_cases import bits, our_column, scorer_of, spark_column

from pipeline.errors import DataError
from pipeline.schema import Column, Schema

TEXTS = ["b", "a", "é日", "😀", "b", None, "", "a", "b"]


@pytest.mark.parametrize("order", ["frequencyDesc", "frequencyAsc", "alphabetDesc", "alphabetAsc"])
@pytest.mark.parametrize("policy", ["error", "keep"])
def test_string_indexer(spark: Any, order: str, policy: str) -> None:
    from pyspark.ml.feature import StringIndexer

    fitted = spark.createDataFrame([(text,) for text in TEXTS if text is not None], "s string")
    indexer = StringIndexer(inputCol="s", outputCol="i", stringOrderType=order, handleInvalid=policy).fit(fitted)
    seen = [*TEXTS, "new", "B"] if policy == "keep" else [text for text in TEXTS if text is not None]
    frame = spark.createDataFrame([(text,) for text in seen], "s string")
    expected = spark_column(indexer.transform(frame), "i")
    assert bits(our_column(scorer_of(indexer), pa.table({"s": pa.array(seen, pa.string())}), "i")) == bits(expected)


@pytest.mark.parametrize("value", [None, "new"])
def test_string_indexer_refuses_with_row_and_column(spark: Any, value: str | None) -> None:
    from pyspark.ml.feature import StringIndexer

    frame = spark.createDataFrame([("a",), ("b",)], "s string")
    scorer = scorer_of(StringIndexer(inputCol="s", outputCol="i").fit(frame))
    with pytest.raises(DataError) as caught:
        scorer.transform(pa.table({"s": pa.array(["a", "b", value], pa.string())}), ["i"])
    assert (caught.value.row, caught.value.column, caught.value.value) == (3, "s", value)
    assert "'a', 'b'" in str(caught.value)


def test_string_indexer_of_numbers_compares_them_as_java_prints_them(spark: Any) -> None:
    from pyspark.ml.feature import StringIndexer

    values = [1.0, 2.5, 1e7, 1e-4, -0.0, 0.0, 1.0, 123456789.125, math.inf]
    frame = spark.createDataFrame([(value,) for value in values], "d double")
    indexer = StringIndexer(inputCol="d", outputCol="i").fit(frame)
    expected = spark_column(indexer.transform(frame), "i")
    scorer = scorer_of(indexer, frame, Schema((Column("d", "double"),)))
    assert bits(our_column(scorer, pa.table({"d": values}), "i")) == bits(expected)


def test_string_indexer_of_several_columns_is_several_nodes(spark: Any) -> None:
    from pyspark.ml.feature import StringIndexer

    rows = [("a", "x"), ("b", "y"), ("a", "y")]
    frame = spark.createDataFrame(rows, "s string, t string")
    indexer = StringIndexer(inputCols=["s", "t"], outputCols=["i", "j"], handleInvalid="keep").fit(frame)
    table = pa.table({"s": [row[0] for row in rows], "t": [row[1] for row in rows]})
    made = indexer.transform(frame)
    for name in ("i", "j"):
        assert bits(our_column(scorer_of(indexer), table, name)) == bits(spark_column(made, name))
