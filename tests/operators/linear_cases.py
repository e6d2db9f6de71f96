"""Models of given coefficients, without fitting them, and small data to fit some."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from vector_cases import ODD

# Spark's inner product of dense vectors is BLAS's, which adds in the machine's own order; exp and log are Java's.
RTOL = 1e-12
COEFFICIENTS = [0.5, -0.75, 0.3]

few_frames = settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
# Small numbers: what is left where great ones cancel out says nothing.
values = st.one_of(st.floats(-3, 3), st.integers(-2, 2).map(float), st.sampled_from(ODD[:5]))
finite = values.filter(math.isfinite)
coefficients = st.lists(st.floats(-2, 2) | st.just(0.0), min_size=3, max_size=3)

IMAGINED = "MLeap's bundles have no sparse coefficients: a NaN feature counts though its coefficient is 0"


def handmade(spark: Any, kind: Any, *arguments: Any, **params: Any) -> Any:
    """A fitted model of `kind`, made by its constructor in the JVM; its features are column `v`."""
    from pyspark.ml.common import _py2java

    context = spark.sparkContext
    package = kind.__module__.rsplit(".", 1)[-1]
    java = getattr(getattr(context._jvm.org.apache.spark.ml, package), kind.__name__)
    given = [_py2java(context, one) if hasattr(one, "toArray") else one for one in arguments]
    model = kind(java(f"{kind.__name__}_1", *given))
    model._transfer_params_from_java()
    params = {"featuresCol": "v", **params}
    return model.copy({model.getParam(name): value for name, value in params.items()})


def dense(*values: float) -> Any:
    """Spark's dense vector."""
    from pyspark.ml.linalg import Vectors

    return Vectors.dense(*values)


def sparse(size: int, values: dict[int, float]) -> Any:
    """Spark's sparse vector."""
    from pyspark.ml.linalg import Vectors

    return Vectors.sparse(size, values)


def matrix(rows: Any) -> Any:
    """Spark's dense matrix, row by row as binomial models demand it."""
    from pyspark.ml.linalg import DenseMatrix

    array = np.array(rows, dtype=float)
    return DenseMatrix(*array.shape, array.ravel(), isTransposed=True)


def double_array(spark: Any, values: Any) -> Any:
    """Java's double[]."""
    gateway = spark.sparkContext._gateway
    made = gateway.new_array(gateway.jvm.double, len(values))
    for at, value in enumerate(values):
        made[at] = float(value)
    return made


def training(spark: Any, classes: int = 2, rows: int = 40) -> Any:
    """Vectors of three values in column `v`, a class in `label` and a number in `score`."""
    from pyspark.ml.linalg import Vectors

    draw = np.random.default_rng(11)
    found = draw.normal(size=(rows, 3)).round(2)
    score = found @ np.array([1.0, -2.0, 0.5]) + draw.normal(size=rows) * 0.3
    label = np.digitize(score, np.quantile(score, np.arange(1, classes) / classes)).astype(float)
    data = zip(found.tolist(), label.tolist(), score.tolist(), strict=True)
    return spark.createDataFrame(
        [(Vectors.dense(row), one, number) for row, one, number in data], ["v", "label", "score"]
    )
