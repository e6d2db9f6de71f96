"""The bundle writer on whole pipelines."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from spark_cases import bits, our_column, scorer_of, spark_column

from pipeline.bundle.reader import read_bundle
from pipeline.bundle.writer import bundle_files, pipeline_nodes, raw_types
from pipeline.errors import UnsupportedStageError
from pipeline.operators.base import ColumnType


def test_nested_pipelines_run_in_order(spark: Any) -> None:
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler

    rows = [("a", 1.0), ("b", 2.0), ("a", 3.0)]
    frame = spark.createDataFrame(rows, "s string, x double")
    inner = Pipeline(stages=[StringIndexer(inputCol="s", outputCol="i"), OneHotEncoder(inputCol="i", outputCol="v")])
    model = Pipeline(stages=[Pipeline(stages=[inner]), VectorAssembler(inputCols=["v", "x"], outputCol="f")]).fit(frame)
    table = pa.table({"s": [row[0] for row in rows], "x": [row[1] for row in rows]})
    assert bits(our_column(scorer_of(model), table, "f")) == bits(spark_column(model.transform(frame), "f"))


def test_the_first_row_tells_how_long_vectors_are(spark: Any) -> None:
    from pyspark.ml.feature import VectorAssembler
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.types import DoubleType, StructField, StructType

    rows = [(None, 1.0), (Vectors.dense([1.0, 2.0]), 2.0)]
    kind = StructType([StructField("v", VectorUDT()), StructField("x", DoubleType())])
    frame = spark.createDataFrame(rows, kind)
    stage = VectorAssembler(inputCols=["v", "x"], outputCol="f", handleInvalid="skip")
    node = pipeline_nodes(stage, raw_types(frame))[0]
    assert node.operator.input_types(2) == [ColumnType("vector", 2), ColumnType("number")]
    with pytest.raises(UnsupportedStageError, match="the length of vector column 'v' is not known"):
        pipeline_nodes(stage, raw_types(frame.where("x > 9")))


def test_a_stage_that_no_operator_expresses_is_refused_by_name(spark: Any) -> None:
    from pyspark.ml import Transformer

    class Mystery(Transformer):  # type: ignore[misc]
        def _transform(self, dataset: Any) -> Any:
            return dataset

    with pytest.raises(UnsupportedStageError, match=r"is a Mystery, which no operator expresses"):
        bundle_files(Mystery())


def test_same_model_same_bytes(spark: Any, tmp_path: Any) -> None:
    from pyspark.ml.feature import StringIndexer

    from pipeline.bundle import write_bundle

    model = StringIndexer(inputCol="s", outputCol="i").fit(spark.createDataFrame([("a",), ("ß",)], "s string"))
    for name in ("b.zip", "b.tar.gz"):
        first = write_bundle(model, tmp_path / name).read_bytes()
        assert write_bundle(model, tmp_path / "again" / name).read_bytes() == first
    folder = write_bundle(model, tmp_path / "folder")
    assert read_bundle(folder).uid == read_bundle(tmp_path / "b.zip").uid
