"""Fit pipelines on Spark, write them with MLeap's serialiser, and write down what Spark makes of their rows.

`python write_bundles.py FOLDER` makes, for `abalone` and `types`: NAME.zip, NAME-input.parquet and NAME-output.parquet;
strict.zip, which is abalone's but for unseen words; and refused.txt, the complaint about a stage MLeap cannot write.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import NGram, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from pipeline.errors import UnsupportedStageError
from pipeline.mleap.serializer import serialize, serializer_settings

ROWS = 3000
AWKWARD = [0.0, -0.0, 5e-324, 1e-310, 1.7976931348623157e308, 0.1 + 0.2, -1.0 / 3.0]


def main(folder: Path) -> None:
    """Everything into the folder, from one session."""
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for key, value in serializer_settings(folder).items():
        builder = builder.config(key, value)
    spark = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    try:
        abalone(spark, folder)
        types(spark, folder)
        refused(spark, folder)
    finally:
        spark.stop()


def abalone(spark: SparkSession, folder: Path) -> None:
    """One text column with nulls and words beyond ASCII, and numbers down to the last bit."""
    draw = random.Random(7)  # noqa: S311
    sizes = ["length", "diameter", "height", "whole_weight"]
    columns = {name: [draw.choice([draw.random(), draw.choice(AWKWARD)]) for _ in range(ROWS)] for name in sizes}
    columns["sex"] = draw.choices(["M", "F", "I", " M", "ü日本", "🐚", None], k=ROWS)
    dataset = _dataset(spark, folder, "abalone", pa.table(columns | {"rings": pa.array(range(ROWS), pa.int32())}))
    stages = [
        StringIndexer(inputCol="sex", outputCol="sex_index", handleInvalid="keep"),
        OneHotEncoder(inputCols=["sex_index"], outputCols=["sex_vector"], dropLast=False),
        VectorAssembler(inputCols=["sex_vector", *sizes, "rings"], outputCol="features"),
    ]
    _write(Pipeline(stages=stages).fit(dataset), dataset, folder, "abalone", vectors=["sex_vector", "features"])
    strict = Pipeline(stages=[stages[0].copy().setHandleInvalid("error"), *stages[1:]])
    known = dataset.where("sex is not null")
    model = strict.fit(known)
    serialize(model, model.transform(known), folder / "strict.zip")


def types(spark: SparkSession, folder: Path) -> None:
    """Every type a column may have: all numbers, a list of words, a vector."""
    draw = random.Random(11)  # noqa: S311
    table = pa.table(
        {
            "yes": pa.array([draw.random() < 0.5 for _ in range(ROWS)]),
            "tiny": pa.array([draw.randrange(-(2**7), 2**7) for _ in range(ROWS)], pa.int8()),
            "small": pa.array([draw.randrange(-(2**15), 2**15) for _ in range(ROWS)], pa.int16()),
            "large": pa.array([draw.randrange(-(2**63), 2**63) for _ in range(ROWS)], pa.int64()),
            "single": pa.array([draw.random() for _ in range(ROWS)], pa.float32()),
            "words": [draw.choices(["gold", "", "ü日本", "🐚"], k=draw.randrange(5)) for _ in range(ROWS)],
            "point": [[draw.random(), draw.choice([-0.0, 5e-324, -1.0 / 3.0]), draw.gauss()] for _ in range(ROWS)],
        }
    )
    dataset = _dataset(spark, folder, "types", table).withColumn("point", array_to_vector("point"))
    model = Pipeline(
        stages=[
            NGram(n=2, inputCol="words", outputCol="pairs"),
            StandardScaler(inputCol="point", outputCol="scaled", withMean=True),
            VectorAssembler(inputCols=["yes", "tiny", "small", "large", "single", "scaled"], outputCol="features"),
        ]
    ).fit(dataset)
    _write(model, dataset, folder, "types", vectors=["point", "scaled", "features"])


def refused(spark: SparkSession, folder: Path) -> None:
    """A target that exists stays as it was when MLeap refuses the stage."""
    dataset = spark.createDataFrame([(0.0,), (1.0,)], "index double")
    model = Pipeline(stages=[OneHotEncoder(inputCol="index", outputCol="vector")]).fit(dataset)
    target = folder / "refused.zip"
    target.write_bytes(b"as it was")
    try:
        serialize(model, model.transform(dataset), target)
    except UnsupportedStageError as error:
        (folder / "refused.txt").write_text(str(error), "utf-8")


def _dataset(spark: SparkSession, folder: Path, name: str, table: pa.Table) -> DataFrame:
    """The table as Spark reads it: one small file, so its rows keep their order."""
    path = folder / f"{name}-input.parquet"
    pq.write_table(table, path)
    return spark.read.parquet(f"file:{path}")


def _write(model: PipelineModel, dataset: DataFrame, folder: Path, name: str, vectors: list[str]) -> None:
    output = model.transform(dataset)
    serialize(model, output, folder / f"{name}.zip")
    plain = output.select([vector_to_array(c).alias(c) if c in vectors else f.col(c) for c in output.columns])
    plain.coalesce(1).write.parquet(f"file:{folder}/{name}-output.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
