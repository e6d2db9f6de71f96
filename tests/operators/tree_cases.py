"""Data on which trees grow, and rows that try them: NaN, both zeros, infinities, categories that were never seen."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from hypothesis import strategies as st
from vector_cases import ODD, dense_frame

from pipeline.errors import BundleError
from pipeline.operators.base import Attributes, Folder, Operator
from pipeline.operators.trees.tree import LEAF, Tree

# What feature 0 may be where it is a category of four, and what it may not.
SEEN = [0.0, 1.0, 2.0, 3.0]
UNSEEN = [-0.0, 4.0, 5.0, -1.0, 1.5, 1e18, math.inf, -math.inf, math.nan]
SIZE = 4

# MLeap's runtime knows three ports at most.
NO_LEAF = "MLeap's runtime has no such output"
OTHER_SIDE = "MLeap's serialiser lists the other half of an even split, so unseen categories go the other way"


def training(spark: Any, *, categories: bool = False, classes: int = 3, rows: int = 80) -> Any:
    """Vectors of SIZE values in column `v` with a label and a weight; with `categories` feature 0 is one of four."""
    from pyspark.ml.linalg import Vectors
    from pyspark.sql.functions import col

    draw = np.random.default_rng(7)
    values = draw.normal(size=(rows, SIZE)).round(2)
    values[:, 0] = draw.integers(0, 4, rows)
    values[:, 3] = draw.integers(0, 2, rows)
    score = np.array([2.0, -2.0, 1.5, -1.0])[values[:, 0].astype(int)] + values[:, 1] - values[:, 2] * values[:, 3]
    label = np.digitize(score, np.quantile(score, np.arange(1, classes) / classes)).astype(float)
    weights = draw.uniform(0.1, 3, rows)
    frame = spark.createDataFrame(
        [
            (Vectors.dense(row), one, target, weight)
            for row, one, target, weight in zip(
                values.tolist(), label.tolist(), score.tolist(), weights.tolist(), strict=True
            )
        ],
        ["v", "label", "score", "weight"],
    )
    if not categories:
        return frame
    nominal = [{"idx": 0, "name": "a", "vals": ["p", "q", "r", "s"]}]
    numeric = [{"idx": at, "name": f"n{at}"} for at in range(1, SIZE)]
    metadata = {"ml_attr": {"attrs": {"nominal": nominal, "numeric": numeric}, "num_attrs": SIZE}}
    return frame.withColumn("v", col("v").alias("v", metadata=metadata))


def odd_rows(first: Sequence[float] = ODD) -> list[list[float]]:
    """Every odd value in every place."""
    plain = [[one, 0.1, -0.2, 1.0] for one in first]
    return plain + [[1.0, *row] for one in ODD for row in ([one, 0.3, 0.0], [0.3, one, 1.0], [-0.7, 0.4, one])]


def odd_frame(spark: Any, first: Sequence[float] = ODD) -> Any:
    """The rows of odd_rows as dense vectors."""
    return dense_frame(spark, odd_rows(first))


values_of_a_row = st.one_of(st.floats(-3, 3), st.integers(-2, 6).map(float), st.sampled_from(ODD))


class Files(Folder):
    """A folder of a bundle, given as its documents and models."""

    def __init__(self, lines: Any = None, models: dict[str, Operator] | None = None) -> None:
        self._lines, self._models = lines, models or {}

    def lines(self, name: str) -> list[Any]:
        if self._lines is None:
            raise BundleError(f"{name} is missing")
        return list(self._lines)

    def model(self, name: str) -> Operator:
        if name not in self._models:
            raise BundleError(f"{name}/model.json is missing")
        return self._models[name]


def read(kind: type[Operator], folder: Folder, **values: Any) -> Any:
    """The operator that attributes and a folder make."""
    return kind.from_attributes(Attributes(values, "root/model.json", folder))


def stump(*leaves: Sequence[float], threshold: float = 0.5, feature: int = 0) -> Tree:
    """A tree of one split and two leaves."""
    return Tree(np.array([feature, LEAF, LEAF]), np.array([threshold, 0.0, 0.0]), {}, np.array(leaves, dtype=float))


def leaf(*values: Any) -> dict[str, Any]:
    """A line of tree.json: a leaf."""
    return {"type": "leaf", "values": list(values)}


def split(feature: Any = 0, threshold: Any = 0.5) -> dict[str, Any]:
    """A line of tree.json: a split of numbers."""
    return {"type": "internal", "split": {"type": "continuous", "featureIndex": feature, "threshold": threshold}}


def category_split(categories: Any, left: Any = True, count: Any = 4) -> dict[str, Any]:
    """A line of tree.json: a split of feature 0 by categories."""
    inner = {"type": "categorical", "featureIndex": 0, "isLeft": left, "numCategories": count}
    return {"type": "internal", "split": {**inner, "categories": categories}}


def variant(model: Any, **params: Any) -> Any:
    """A fitted model with other parameters for its columns and thresholds."""
    return model.copy({model.getParam(name): value for name, value in params.items()})


@contextmanager
def workers_like_us(spark: Any) -> Iterator[None]:
    """Spark's Python workers run this very interpreter, with its packages."""
    context = spark.sparkContext
    before, context.pythonExec = context.pythonExec, sys.executable
    yield
    context.pythonExec = before
