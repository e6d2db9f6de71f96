"""Points, and cluster models of given centers, without fitting them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance import Conformance
from hypothesis import strategies as st

# Few values: points lie on centers, half way between them and on top of each other.
GRID = st.sampled_from([0.0, -0.0, 0.1, 0.2, 0.3, 1.0, 2.0, 3.0, -1.0, 1e3, 1e-3, 1000.0000001])


def points(spark: Any, rows: Sequence[Any], size: int) -> Any:
    """One vector a row, in column `features`: a list is dense, a dict of index to value sparse."""
    from pyspark.ml.linalg import Vectors, VectorUDT
    from pyspark.sql.types import StructField, StructType

    made = [Vectors.sparse(size, row) if isinstance(row, dict) else Vectors.dense(row) for row in rows]
    return spark.createDataFrame([(one,) for one in made], StructType([StructField("features", VectorUDT())]))


def grid_points(size: int) -> st.SearchStrategy[list[Any]]:
    """Many points on a grid, dense and sparse ones."""
    dense = st.lists(GRID, min_size=size, max_size=size)
    sparse = st.dictionaries(st.integers(0, size - 1), GRID, max_size=size)
    return st.lists(dense | sparse, min_size=1, max_size=60)


def k_means_model(spark: Any, centers: Sequence[Sequence[float]], measure: str = "euclidean") -> Any:
    """A KMeansModel of these centers."""
    from pyspark.ml.clustering import KMeansModel

    context = spark.sparkContext
    jvm = context._jvm
    vectors = context._gateway.new_array(jvm.org.apache.spark.mllib.linalg.Vector, len(centers))
    for place, center in enumerate(centers):
        values = context._gateway.new_array(context._gateway.jvm.double, len(center))
        for at, value in enumerate(center):
            values[at] = float(value)
        vectors[place] = jvm.org.apache.spark.mllib.linalg.DenseVector(values)
    old = jvm.org.apache.spark.mllib.clustering.KMeansModel(vectors, measure, 0.0, 0)
    made = jvm.org.apache.spark.ml.clustering.KMeansModel("kmeans", old)
    made.set(made.getParam("distanceMeasure"), measure)
    model = KMeansModel(made)
    model._transfer_params_from_java()
    return model


def spark_and_scorer(engines: Conformance, folder: Path) -> Conformance:
    """The engines without MLeap's: it breaks ties between centers in ways of its own."""
    return Conformance(engines.spark, None, folder, False)
